/// What one argument of a function may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Number,
    Text,
    Boolean,
    /// A date, or a date with a time.
    Moment,
    /// Numbers or moments, all arguments alike.
    Ordered,
    /// Any type, all arguments from here on alike.
    Alike,
    Anything,
}

/// The type of a function's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gives {
    Number,
    Text,
    Boolean,
    Date,
    DateTime,
    /// That of its first argument.
    First,
    /// That of the arguments that are alike.
    Shared,
}

/// What a function is called, takes and gives.
pub(super) struct Signature {
    pub name: &'static str,
    pub takes: &'static [Takes],
    /// Arguments at the end that may be left out.
    pub optional: usize,
    /// The last argument may be repeated.
    pub repeats: bool,
    pub gives: Gives,
}

macro_rules! functions {
    ($($(#[doc = $doc:literal])+ $function:ident $name:literal [$($takes:ident)*] $optional:literal $repeats:literal $gives:ident;)*) => {
        /// A function of formulas. Positions in texts count characters from 1.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Function { $($(#[doc = $doc])+ $function),* }

        impl Function {
            pub const ALL: &'static [Self] = &[$(Self::$function),*];

            pub(super) fn signature(self) -> Signature {
                match self {
                    $(Self::$function => Signature {
                        name: $name,
                        takes: &[$(Takes::$takes),*],
                        optional: $optional,
                        repeats: $repeats,
                        gives: Gives::$gives,
                    }),*
                }
            }
        }
    };
}

// Source of names, arguments and meanings: the reference's help pages on formula fields; `Round` and `Second` are ours.
functions! {
    /// `Abs(number)`
    Abs "Abs" [Number] 0 false Number;
    /// `Ceil(number)`: the smallest whole number that is not smaller.
    Ceil "Ceil" [Number] 0 false Number;
    /// `Floor(number)`: the largest whole number that is not larger.
    Floor "Floor" [Number] 0 false Number;
    /// `Naturallog(number)`
    Naturallog "Naturallog" [Number] 0 false Number;
    /// `Base10log(number)`
    Base10log "Base10log" [Number] 0 false Number;
    /// `Max(value, …)`: the largest number or the latest date.
    Max "Max" [Ordered] 0 true Shared;
    /// `Min(value, …)`: the smallest number or the earliest date.
    Min "Min" [Ordered] 0 true Shared;
    /// `Sqrt(number)`
    Sqrt "Sqrt" [Number] 0 false Number;
    /// `Round(number[, decimals])`: half away from zero.
    Round "Round" [Number Number] 1 false Number;
    /// `Len(text)`: characters.
    Len "Len" [Text] 0 false Number;
    /// `Find(text, wanted, n)`: where the n-th occurrence begins; 0 when there is none.
    Find "Find" [Text Text Number] 0 false Number;
    /// `Concat(text, …)`
    Concat "Concat" [Text] 0 true Text;
    /// `Contains(text, wanted)`
    Contains "Contains" [Text Text] 0 false Boolean;
    /// `Startswith(text, wanted)`
    Startswith "Startswith" [Text Text] 0 false Boolean;
    /// `Endswith(text, wanted)`
    Endswith "Endswith" [Text Text] 0 false Boolean;
    /// `Lower(text)`
    Lower "Lower" [Text] 0 false Text;
    /// `Upper(text)`
    Upper "Upper" [Text] 0 false Text;
    /// `Trim(text)`: without white space at both ends.
    Trim "Trim" [Text] 0 false Text;
    /// `Substring(text, from, to)`: both positions included.
    Substring "Substring" [Text Number Number] 0 false Text;
    /// `Tostring(anything)`: numbers without trailing zeros, dates as the API writes them.
    Tostring "Tostring" [Anything] 0 false Text;
    /// `Replace(text, wanted, by)`: every occurrence.
    Replace "Replace" [Text Text Text] 0 false Text;
    /// `Newdate(year, month, day, hour, minute[, 'AM' or 'PM'])`: without the last, hours count to 23.
    Newdate "Newdate" [Number Number Number Number Number Text] 1 false DateTime;
    /// `Datepart(moment)`: its date.
    Datepart "Datepart" [Moment] 0 false Date;
    /// `Timepart(moment)`: its time as `06:30 AM`.
    Timepart "Timepart" [Moment] 0 false Text;
    /// `Adddate(moment, n, unit)`: `YEAR`, `MONTH`, `DAY`, `HOUR` or `MINUTE`.
    Adddate "Adddate" [Moment Number Text] 0 false First;
    /// `Subdate(moment, n, unit)`
    Subdate "Subdate" [Moment Number Text] 0 false First;
    /// `Now()`
    Now "Now" [] 0 false DateTime;
    /// `Datecomp(one, other)`: minutes from the one to the other, never negative.
    Datecomp "Datecomp" [Moment Moment] 0 false Number;
    /// `Dayofmonth(moment)`
    Dayofmonth "Dayofmonth" [Moment] 0 false Number;
    /// `Hour(moment)`: 0 to 23.
    Hour "Hour" [Moment] 0 false Number;
    /// `Minute(moment)`
    Minute "Minute" [Moment] 0 false Number;
    /// `Second(moment)`
    Second "Second" [Moment] 0 false Number;
    /// `Month(moment)`
    Month "Month" [Moment] 0 false Number;
    /// `Year(moment)`
    Year "Year" [Moment] 0 false Number;
    /// `Weekday(moment)`: 1 is Sunday, 7 is Saturday.
    Weekday "Weekday" [Moment] 0 false Number;
    /// `If(condition, value, otherwise)`
    If "If" [Boolean Alike Alike] 0 false Shared;
    /// `And(condition, …)`
    And "And" [Boolean] 0 true Boolean;
    /// `Or(condition, …)`
    Or "Or" [Boolean] 0 true Boolean;
    /// `Not(condition)`
    Not "Not" [Boolean] 0 false Boolean;
}

impl Function {
    /// As it is printed.
    pub fn name(self) -> &'static str {
        self.signature().name
    }

    /// The function of that name, in any case of letters.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|function| function.name().eq_ignore_ascii_case(name))
    }

    /// Fewest and most arguments; no most when the last may be repeated.
    pub fn arity(self) -> (usize, Option<usize>) {
        let signature = self.signature();
        let most = signature.takes.len();
        (most - signature.optional, (!signature.repeats).then_some(most))
    }
}

impl Signature {
    /// What the argument at an index may be.
    pub(super) fn takes_at(&self, index: usize) -> Option<Takes> {
        self.takes.get(index).or_else(|| self.takes.last().filter(|_| self.repeats)).copied()
    }
}
