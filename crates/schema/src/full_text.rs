//! What of a module's records is found by word, e-mail address and phone number.

use crate::field::FieldDef;
use crate::module::ModuleDef;

/// Raised when the cutting of text into terms changes, so that every index is built again.
const VERSION: u32 = 2;

/// The full text index of one module: the columns it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullText {
    pub table: String,
    /// Columns found by word.
    pub words: Vec<String>,
    /// Columns of e-mail addresses.
    pub mails: Vec<String>,
    /// Columns of phone numbers.
    pub phones: Vec<String>,
}

impl FullText {
    /// The index a module shall have; `None` for modules without a table or text, and for rows of other records.
    pub fn of(module: &ModuleDef) -> Option<Self> {
        let table = module.table.clone().filter(|_| module.parent.is_none())?;
        let columns = |wanted: fn(&FieldDef) -> bool| -> Vec<String> {
            module
                .fields()
                .iter()
                .filter(|field| wanted(field))
                .filter_map(|field| field.column.clone())
                .collect()
        };
        let found = Self {
            table,
            words: columns(|field| field.data_type.get().is_text() && field.flag("searchable", true)),
            mails: columns(|field| field.data_type.name() == "email"),
            phones: columns(|field| field.data_type.name() == "phone"),
        };
        let has_any = found.columns().next().is_some();
        has_any.then_some(found)
    }

    /// All columns, some perhaps twice.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.words.iter().chain(&self.mails).chain(&self.phones).map(String::as_str)
    }

    /// Name of the index in the database. It says by a digest what the index is made of, so a name that is there
    /// is an index that is right.
    pub fn name(&self) -> String {
        format!("{}{:08x}", self.name_start(), self.digest())
    }

    fn name_start(&self) -> String {
        format!("{}_ft_", self.table)
    }

    /// Whether that is the name of a full text index of the same table, whatever it is made of.
    pub fn has_name(&self, name: &str) -> bool {
        let digits = name.strip_prefix(&self.name_start());
        digits.is_some_and(|digits| digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
    }

    fn digest(&self) -> u32 {
        let mut digest = fnv(&VERSION.to_be_bytes(), 0x811c_9dc5);
        for (kind, columns) in [("w", &self.words), ("m", &self.mails), ("p", &self.phones)] {
            digest = fnv(kind.as_bytes(), digest);
            digest = columns.iter().fold(digest, |digest, column| fnv(column.as_bytes(), fnv(b",", digest)));
        }
        digest
    }
}

fn fnv(bytes: &[u8], from: u32) -> u32 {
    bytes.iter().fold(from, |digest, byte| (digest ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
