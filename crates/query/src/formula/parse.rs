use rust_decimal::Decimal;

use super::{
    BinaryOperator, Expression, Field, FormulaError, FormulaErrorKind, Function, Kind, UnaryOperator,
};

/// How large a formula may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Characters of the whole text. The default is the reference service's.
    pub length: usize,
    /// Height of the tree, and brackets open at one place. Parsing, printing, checking, computing and dropping a tree
    /// recurse this deep. The reference does not state one.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { length: 5000, depth: 100 }
    }
}

/// The tree of a formula, in time linear to its length.
pub fn parse(text: &str, limits: &Limits) -> Result<Expression, FormulaError> {
    if let Some((at, _)) = text.char_indices().nth(limits.length) {
        let expected = format!("the end after {} characters", limits.length);
        return Err(FormulaError::new(FormulaErrorKind::TooLong, at, expected));
    }
    let mut parser = Parser { text, limits, at: 0, open: 0 };
    let tree = parser.binary(0)?;
    parser.skip_whitespace();
    if parser.at < text.len() {
        return Err(FormulaError::syntax(parser.at, "an operator or the end"));
    }
    Ok(tree.expression)
}

/// A part that was read, with the height of its tree.
struct Tree {
    expression: Expression,
    height: usize,
}

/// What may follow an operand: sign, operator. Longer signs come before those they begin with.
const OPERATORS: [(&str, BinaryOperator); 16] = [
    ("||", BinaryOperator::Or),
    ("&&", BinaryOperator::And),
    ("==", BinaryOperator::Equal),
    ("!=", BinaryOperator::NotEqual),
    ("<>", BinaryOperator::NotEqual),
    ("<=", BinaryOperator::LessEqual),
    (">=", BinaryOperator::GreaterEqual),
    ("=", BinaryOperator::Equal),
    ("<", BinaryOperator::Less),
    (">", BinaryOperator::Greater),
    ("+", BinaryOperator::Add),
    ("-", BinaryOperator::Subtract),
    ("*", BinaryOperator::Multiply),
    ("/", BinaryOperator::Divide),
    ("%", BinaryOperator::Remainder),
    ("^", BinaryOperator::Power),
];

struct Parser<'a> {
    text: &'a str,
    limits: &'a Limits,
    /// Byte offset of the next unread character.
    at: usize,
    /// Brackets, calls, signs and exponents that are being read now.
    open: usize,
}

impl<'a> Parser<'a> {
    /// Operands and the operators between them that bind at least as tightly as `least`.
    fn binary(&mut self, least: u8) -> Result<Tree, FormulaError> {
        let mut left = self.unary()?;
        let mut compared = false;
        while let Some((sign, operator)) = self.operator(least) {
            let at = self.at;
            if operator.compares() {
                if compared {
                    return Err(FormulaError::syntax(at, "brackets around one of the comparisons"));
                }
                compared = true;
            }
            self.at += sign.len();
            let right = self.binary(operator.precedence() + 1)?;
            left = self.join(operator, left, right, at)?;
        }
        Ok(left)
    }

    /// The next operator that binds tightly enough; it is not read yet.
    fn operator(&mut self, least: u8) -> Option<(&'static str, BinaryOperator)> {
        self.skip_whitespace();
        let found = OPERATORS.into_iter().find(|(sign, _)| self.rest().starts_with(sign))?;
        // The exponent is read with its base.
        (found.1.precedence() >= least && found.1 != BinaryOperator::Power).then_some(found)
    }

    fn join(
        &self,
        operator: BinaryOperator,
        left: Tree,
        right: Tree,
        at: usize,
    ) -> Result<Tree, FormulaError> {
        let height = left.height.max(right.height);
        let kind = Kind::Binary(operator, Box::new(left.expression), Box::new(right.expression));
        self.grown(kind, at, height)
    }

    /// A node over parts of that height.
    fn grown(&self, kind: Kind, at: usize, height: usize) -> Result<Tree, FormulaError> {
        let tree = Tree { expression: Expression::new(kind, at), height: height + 1 };
        if tree.height > self.limits.depth {
            return Err(self.too_deep(at));
        }
        Ok(tree)
    }

    fn too_deep(&self, at: usize) -> FormulaError {
        let expected = format!("at most {} parts inside each other", self.limits.depth);
        FormulaError::new(FormulaErrorKind::TooDeep, at, expected)
    }

    /// Reads what is inside of something, one level deeper.
    fn inside<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, FormulaError>,
    ) -> Result<T, FormulaError> {
        if self.open == self.limits.depth {
            return Err(self.too_deep(self.at));
        }
        self.open += 1;
        let found = read(self)?;
        self.open -= 1;
        Ok(found)
    }

    fn unary(&mut self) -> Result<Tree, FormulaError> {
        self.skip_whitespace();
        let at = self.at;
        let operator = match self.rest().chars().next() {
            Some('-') => Some(UnaryOperator::Minus),
            Some('!') => Some(UnaryOperator::Not),
            // A plus changes nothing.
            Some('+') => None,
            _ => return self.power(),
        };
        self.at += 1;
        let operand = self.inside(Self::unary)?;
        match operator {
            Some(operator) => {
                self.grown(Kind::Unary(operator, Box::new(operand.expression)), at, operand.height)
            }
            None => Ok(operand),
        }
    }

    fn power(&mut self) -> Result<Tree, FormulaError> {
        let base = self.primary()?;
        self.skip_whitespace();
        if !self.rest().starts_with('^') {
            return Ok(base);
        }
        let at = self.at;
        self.at += 1;
        let exponent = self.inside(Self::unary)?;
        self.join(BinaryOperator::Power, base, exponent, at)
    }

    fn primary(&mut self) -> Result<Tree, FormulaError> {
        self.skip_whitespace();
        let at = self.at;
        let kind = match self.rest().chars().next() {
            Some('(') => return self.bracket(),
            Some('0'..='9' | '.') => self.number()?,
            Some(quote @ ('\'' | '"')) => self.text(quote)?,
            Some('$') => Kind::Field(self.field()?),
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let name = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
                self.skip_whitespace();
                if self.rest().starts_with('(') {
                    return self.call(name, at);
                }
                match name {
                    "true" => Kind::Boolean(true),
                    "false" => Kind::Boolean(false),
                    _ => Kind::Field(Field { module: None, name: name.to_owned() }),
                }
            }
            _ => return Err(FormulaError::syntax(at, "a value, a field, a function or `(`")),
        };
        self.grown(kind, at, 0)
    }

    fn bracket(&mut self) -> Result<Tree, FormulaError> {
        self.at += 1;
        let inner = self.inside(|parser| parser.binary(0))?;
        self.expect(')', "an operator or `)`")?;
        Ok(inner)
    }

    fn call(&mut self, name: &str, at: usize) -> Result<Tree, FormulaError> {
        let function = Function::from_name(name).ok_or_else(|| {
            FormulaError::new(FormulaErrorKind::UnknownFunction, at, "a function such as `Round` or `Concat`")
        })?;
        self.at += 1;
        let mut arguments = Vec::new();
        let mut height = 0;
        self.skip_whitespace();
        while arguments.is_empty() && !self.rest().starts_with(')') || !arguments.is_empty() && self.eat(',')
        {
            let argument = self.inside(|parser| parser.binary(0))?;
            height = height.max(argument.height);
            arguments.push(argument.expression);
            self.skip_whitespace();
        }
        self.expect(')', "an operator, `,` or `)`")?;
        self.grown(Kind::Call(function, arguments), at, height)
    }

    fn number(&mut self) -> Result<Kind, FormulaError> {
        let at = self.at;
        let digits = self.take_while(|c| c.is_ascii_digit() || c == '.');
        if digits.matches('.').count() > 1 || digits == "." {
            return Err(FormulaError::syntax(at, "a number"));
        }
        let number = Decimal::from_str_exact(digits.trim_end_matches('.'));
        number
            .map(Kind::Number)
            .map_err(|_| FormulaError::new(FormulaErrorKind::TooLong, at, "a number of at most 28 digits"))
    }

    /// A text in either kind of quotes; a backslash takes the next character as it is.
    fn text(&mut self, quote: char) -> Result<Kind, FormulaError> {
        let mut text = String::new();
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((offset, character)) = characters.next() {
            match character {
                // No text of the store has one.
                '\0' => return Err(FormulaError::syntax(self.at + offset, "a text without NUL")),
                '\\' => text.extend(characters.next().map(|(_, next)| next).filter(|&next| next != '\0')),
                _ if character == quote => {
                    self.at += offset + 1;
                    return Ok(Kind::Text(text));
                }
                _ => text.push(character),
            }
        }
        Err(FormulaError::syntax(self.text.len(), "a quote at the end of the text"))
    }

    /// `${Module.Field}` or `${Field}`.
    fn field(&mut self) -> Result<Field, FormulaError> {
        self.at += 1;
        self.expect('{', "`{` after `$`")?;
        let mut name = self.name()?;
        let mut module = None;
        if self.eat('.') {
            module = Some(name);
            name = self.name()?;
        }
        self.expect('}', "`}` after the field's name")?;
        let module = module.map(str::to_owned);
        Ok(Field { module, name: name.to_owned() })
    }

    fn name(&mut self) -> Result<&'a str, FormulaError> {
        self.skip_whitespace();
        let at = self.at;
        let name = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
        if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            return Err(FormulaError::syntax(at, "a field's API name"));
        }
        self.skip_whitespace();
        Ok(name)
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|c| !belongs(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    fn skip_whitespace(&mut self) {
        self.take_while(char::is_whitespace);
    }

    /// Reads the character if it comes next.
    fn eat(&mut self, character: char) -> bool {
        let is_next = self.rest().starts_with(character);
        if is_next {
            self.at += character.len_utf8();
        }
        is_next
    }

    fn expect(&mut self, character: char, expected: &'static str) -> Result<(), FormulaError> {
        self.skip_whitespace();
        if self.eat(character) { Ok(()) } else { Err(FormulaError::syntax(self.at, expected)) }
    }
}
