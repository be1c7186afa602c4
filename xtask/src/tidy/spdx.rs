//! SPDX licence expressions: `AND`, `OR`, `WITH`, parentheses, and the old `/` for `OR`.
//!
//! Grammar, loosest first: `either = both (OR both)*`, `both = one (AND one)*`, `one = ( either ) | id [WITH id]`.

use anyhow::{Result, bail};

/// Whether the licences for which `allowed` holds are enough to use what `expression` covers.
///
/// `allowed` gets `MIT` or `Apache-2.0 WITH LLVM-exception`. An expression that does not parse is an error.
pub fn permits(expression: &str, allowed: &dyn Fn(&str) -> bool) -> Result<bool> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut parser = Parser { words: &words, allowed };
    let permitted = parser.either()?;
    match parser.words {
        [] => Ok(permitted),
        [word, ..] => bail!("`{word}` is not expected in `{expression}`"),
    }
}

struct Parser<'a> {
    words: &'a [&'a str],
    allowed: &'a dyn Fn(&str) -> bool,
}

impl<'a> Parser<'a> {
    fn either(&mut self) -> Result<bool> {
        let mut permitted = self.both()?;
        while self.take("OR") {
            permitted |= self.both()?;
        }
        Ok(permitted)
    }

    fn both(&mut self) -> Result<bool> {
        let mut permitted = self.one()?;
        while self.take("AND") {
            permitted &= self.one()?;
        }
        Ok(permitted)
    }

    fn one(&mut self) -> Result<bool> {
        if self.take("(") {
            let permitted = self.either()?;
            return if self.take(")") { Ok(permitted) } else { bail!("a parenthesis is not closed") };
        }
        let licence = self.id()?;
        if self.take("WITH") {
            let exception = self.id()?;
            return Ok((self.allowed)(&format!("{licence} WITH {exception}")));
        }
        Ok((self.allowed)(licence))
    }

    fn id(&mut self) -> Result<&'a str> {
        match self.words {
            [word, rest @ ..] if !["OR", "AND", "WITH", "(", ")"].contains(word) => {
                self.words = rest;
                Ok(word)
            }
            _ => bail!("a licence is missing"),
        }
    }

    fn take(&mut self, word: &str) -> bool {
        match self.words {
            [first, rest @ ..] if *first == word => {
                self.words = rest;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permitted(expression: &str) -> bool {
        permits(expression, &|id| ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].contains(&id)).unwrap()
    }

    #[test]
    fn one_of_several_is_enough_and_all_of_several_are_needed() {
        assert!(permitted("MIT"));
        assert!(permitted("GPL-3.0-only OR MIT"));
        assert!(permitted("GPL-3.0-only/MIT"));
        assert!(permitted("MIT / Apache-2.0"));
        assert!(permitted("MIT AND ISC"));
        assert!(!permitted("MIT AND GPL-3.0-only"));
        assert!(!permitted("GPL-3.0-only"));
    }

    #[test]
    fn and_binds_tighter_than_or() {
        assert!(permitted("MIT OR ISC AND GPL-3.0-only"));
        assert!(!permitted("(MIT OR ISC) AND GPL-3.0-only"));
        assert!(permitted("(GPL-3.0-only OR MIT) AND (ISC)"));
    }

    #[test]
    fn an_exception_belongs_to_its_licence() {
        assert!(permitted("Apache-2.0 WITH LLVM-exception"));
        assert!(!permitted("Apache-2.0"));
        assert!(!permitted("MIT WITH LLVM-exception"));
    }

    #[test]
    fn what_does_not_parse_is_an_error() {
        for expression in ["", "MIT ISC", "MIT OR", "(MIT", "MIT)", "OR MIT", "MIT WITH", "()"] {
            assert!(permits(expression, &|_| true).is_err(), "{expression}");
        }
    }
}
