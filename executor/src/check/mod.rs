//! Is this artifact a module that nodes will run? Validation alone: no engine, no compilation.
//!
//! A module that passes is valid WebAssembly of the accepted features, exports what the program ABI asks for, imports
//! nothing it must not, starts nothing by itself, and is small enough in every dimension that compiling it is bounded
//! work. Two nodes with the same version of this crate always agree.

mod nesting;
mod shape;

use wasmparser::types::{EntityType, TypesRef};
use wasmparser::{FuncValidatorAllocations, Parser, ValType, ValidPayload, Validator, WasmFeatures};

use crate::abi;
use shape::Shape;

/// Version of the rules in this module. A change of any of them is a new version.
pub const MODULE_RULES: &str = "lemma-module-2";

/// Largest verifier artifact, in bytes.
pub const VERIFIER_BYTES_MAX: usize = 4 << 20;
/// Largest prover artifact, in bytes.
pub const PROVER_BYTES_MAX: usize = 16 << 20;
/// Most initial memory of a verifier, in pages of 64 KiB (64 MiB).
pub const VERIFIER_PAGES_MAX: u64 = 1_024;
/// Most initial memory of a prover, in pages of 64 KiB (4 GiB, all that 32 bits address).
pub const PROVER_PAGES_MAX: u64 = 65_536;

/// What a verifier may consist of: what compilers emit for linear memory programs ("lime1"), and the 128-bit products
/// and sums that proof systems live on. No reference types (hence no growing tables), no threads, no SIMD. Features can
/// be added by a new fuel schedule, never taken away.
pub const VERIFIER_FEATURES: WasmFeatures = WasmFeatures::FLOATS
    .union(WasmFeatures::MUTABLE_GLOBAL)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY_OPT)
    .union(WasmFeatures::CALL_INDIRECT_OVERLONG)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::WIDE_ARITHMETIC);

/// What a prover may consist of: the same and SIMD.
pub const PROVER_FEATURES: WasmFeatures = VERIFIER_FEATURES.union(WasmFeatures::SIMD);

/// Parameters and results of a function of the ABI.
type Signature = (&'static str, &'static [ValType], &'static [ValType]);

const I32: ValType = ValType::I32;
const ALLOC: Signature = (abi::ALLOC, &[I32], &[I32]);
const VERIFY: Signature = (abi::VERIFY, &[I32, I32], &[I32]);
const PROVE: Signature = (abi::PROVE, &[I32, I32], &[I32]);
const HOST_FUNCTIONS: [Signature; 4] = [
    (abi::LOG, &[I32, I32], &[]),
    (abi::PROGRESS, &[I32], &[]),
    (abi::RANDOM, &[I32, I32], &[]),
    (abi::OUTPUT, &[I32, I32, I32], &[]),
];

/// Why an artifact is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModuleError {
    /// More bytes than an artifact may have.
    #[error("{got} bytes, at most {max} are allowed")]
    TooLarge {
        /// Bytes it has.
        got: usize,
        /// Bytes it may have.
        max: usize,
    },
    /// Not WebAssembly, or uses a feature that is not accepted.
    #[error("not a valid module: {0}")]
    Malformed(String),
    /// It has a start function: nothing may run before the entry is called.
    #[error("has a start function")]
    StartFunction,
    /// Too many of something.
    #[error("{got} {what}, at most {max} are allowed")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many it has.
        got: u64,
        /// How many it may have.
        max: u64,
    },
    /// An import that the host does not offer.
    #[error("import {0:?} is not allowed")]
    Import(String),
    /// A required export is missing.
    #[error("export {0:?} is missing")]
    MissingExport(&'static str),
    /// A required export, or an import, has another type.
    #[error("{name:?} has the wrong type: expected {expected}, found {found}")]
    WrongType {
        /// Its name.
        name: &'static str,
        /// The type that the ABI asks for.
        expected: String,
        /// The type it has.
        found: String,
    },
}

/// Whether `bytes` is a verifier that nodes will run.
///
/// # Errors
/// The first rule that it breaks.
pub fn check_verifier(bytes: &[u8]) -> Result<(), ModuleError> {
    let rules = Rules {
        bytes_max: VERIFIER_BYTES_MAX,
        pages_max: VERIFIER_PAGES_MAX,
        features: VERIFIER_FEATURES,
        imports: &[],
        entry: VERIFY,
    };
    rules.check(bytes)
}

/// Whether `bytes` is a WebAssembly prover that nodes will run.
///
/// # Errors
/// The first rule that it breaks.
pub fn check_prover(bytes: &[u8]) -> Result<(), ModuleError> {
    let rules = Rules {
        bytes_max: PROVER_BYTES_MAX,
        pages_max: PROVER_PAGES_MAX,
        features: PROVER_FEATURES,
        imports: &HOST_FUNCTIONS,
        entry: PROVE,
    };
    rules.check(bytes)
}

struct Rules {
    bytes_max: usize,
    pages_max: u64,
    features: WasmFeatures,
    imports: &'static [Signature],
    entry: Signature,
}

impl Rules {
    fn check(&self, bytes: &[u8]) -> Result<(), ModuleError> {
        if bytes.len() > self.bytes_max {
            return Err(ModuleError::TooLarge { got: bytes.len(), max: self.bytes_max });
        }
        let types = validate(bytes, self)?;
        check_imports(types.as_ref(), self.imports)?;
        check_exports(types.as_ref(), &self.entry)
    }
}

/// Validates the module; counts come first, so that nothing is validated beyond its bound.
fn validate(bytes: &[u8], rules: &Rules) -> Result<wasmparser::types::Types, ModuleError> {
    let mut validator = Validator::new_with_features(rules.features);
    let mut parser = Parser::new(0);
    parser.set_features(rules.features);
    let mut shape = Shape::new(rules.pages_max);
    let mut functions = Vec::new();
    let mut types = None;
    for payload in parser.parse_all(bytes) {
        let payload = payload.map_err(malformed)?;
        shape.admit(&payload)?;
        match validator.payload(&payload).map_err(malformed)? {
            ValidPayload::Func(function, body) => functions.push((function, body)),
            ValidPayload::End(end) => types = Some(end),
            _ => {}
        }
    }
    let mut allocations = FuncValidatorAllocations::default();
    for (function, body) in functions {
        let mut function = function.into_validator(allocations);
        function.validate(&body).map_err(malformed)?;
        allocations = function.into_allocations();
    }
    types.ok_or_else(|| ModuleError::Malformed("the module has no end".to_owned()))
}

/// In one line, whatever the parser says.
fn malformed(error: wasmparser::Error) -> ModuleError {
    ModuleError::Malformed(error.to_string().split_whitespace().collect::<Vec<_>>().join(" "))
}

fn check_imports(types: TypesRef<'_>, allowed: &'static [Signature]) -> Result<(), ModuleError> {
    for (module, name, entity) in types.core_imports().into_iter().flatten() {
        let signature = allowed.iter().find(|(allowed, ..)| module == abi::HOST_MODULE && name == *allowed);
        let signature = signature.ok_or_else(|| ModuleError::Import(format!("{module}.{name}")))?;
        expect_function(types, &entity, signature)?;
    }
    Ok(())
}

fn check_exports(types: TypesRef<'_>, entry: &Signature) -> Result<(), ModuleError> {
    let exports = || types.core_exports().into_iter().flatten();
    let find = |name| exports().find(|(export, _)| *export == name).ok_or(ModuleError::MissingExport(name));
    let (_, memory) = find(abi::MEMORY)?;
    if !matches!(memory, EntityType::Memory(_)) {
        return Err(wrong_type(abi::MEMORY, "a memory".to_owned(), describe(types, &memory)));
    }
    for signature in [&ALLOC, entry] {
        expect_function(types, &find(signature.0)?.1, signature)?;
    }
    Ok(())
}

fn expect_function(types: TypesRef<'_>, entity: &EntityType, signature: &Signature) -> Result<(), ModuleError> {
    let (name, params, results) = *signature;
    let matches = match entity {
        EntityType::Func(id) => {
            let function = types[*id].unwrap_func();
            function.params() == params && function.results() == results
        }
        _ => false,
    };
    if matches { Ok(()) } else { Err(wrong_type(name, arrow(params, results), describe(types, entity))) }
}

fn wrong_type(name: &'static str, expected: String, found: String) -> ModuleError {
    ModuleError::WrongType { name, expected, found }
}

fn describe(types: TypesRef<'_>, entity: &EntityType) -> String {
    match entity {
        EntityType::Func(id) => {
            let function = types[*id].unwrap_func();
            arrow(function.params(), function.results())
        }
        EntityType::Memory(_) => "a memory".to_owned(),
        EntityType::Table(_) => "a table".to_owned(),
        EntityType::Global(_) => "a global".to_owned(),
        EntityType::Tag(_) | EntityType::FuncExact(_) => "something else".to_owned(),
    }
}

fn arrow(params: &[ValType], results: &[ValType]) -> String {
    let list = |types: &[ValType]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    format!("({}) -> ({})", list(params), list(results))
}
