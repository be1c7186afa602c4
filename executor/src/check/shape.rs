//! How much of everything a module may have. Compiling costs time and memory for each of these, for some of them more
//! than in proportion, and a few bytes of module can ask for very many of some. Compilers stay far below: the Groth16
//! verifier has functions of 45 KB, 800 blocks, 150 locals and 9 parameters.

use wasmparser::{FunctionBody, Payload};

use super::{ModuleError, nesting};

/// Function types.
const TYPES_MAX: u64 = 10_000;
/// Parameters of one function or block type.
const PARAMETERS_MAX: u64 = 64;
/// Results of one function or block type. A call takes one byte or two, and makes all of them.
const RESULTS_MAX: u64 = 8;
/// Imports: four host functions, each possibly declared more than once by a linker.
const IMPORTS_MAX: u64 = 16;
/// Functions.
const FUNCTIONS_MAX: u64 = 20_000;
/// Tables.
const TABLES_MAX: u64 = 1;
/// Initial elements of the table.
const TABLE_ELEMENTS_MAX: u64 = 65_536;
/// Linear memories.
const MEMORIES_MAX: u64 = 1;
/// Globals.
const GLOBALS_MAX: u64 = 4_096;
/// Exports.
const EXPORTS_MAX: u64 = 4_096;
/// Element segments.
const ELEMENT_SEGMENTS_MAX: u64 = 4_096;
/// Data segments.
const DATA_SEGMENTS_MAX: u64 = 20_000;
/// Bytes of one function's code.
const BODY_BYTES_MAX: u64 = 256 << 10;
/// Locals of one function.
const LOCALS_MAX: u64 = 10_000;
/// Locals of all functions together.
const LOCALS_TOTAL_MAX: u64 = 2_000_000;

/// Looks at a module section by section.
pub(super) struct Shape {
    pages_max: u64,
    locals_total: u64,
}

impl Shape {
    pub(super) fn new(pages_max: u64) -> Self {
        Self { pages_max, locals_total: 0 }
    }

    /// Refuses a section that has too much of something. Sections come at most once: the validator sees to that.
    pub(super) fn admit(&mut self, payload: &Payload<'_>) -> Result<(), ModuleError> {
        match payload {
            Payload::TypeSection(section) => admit_types(section),
            Payload::ImportSection(section) => at_most("imports", section.count(), IMPORTS_MAX),
            Payload::FunctionSection(section) => at_most("functions", section.count(), FUNCTIONS_MAX),
            Payload::TableSection(section) => admit_tables(section),
            Payload::MemorySection(section) => self.admit_memories(section),
            Payload::GlobalSection(section) => at_most("globals", section.count(), GLOBALS_MAX),
            Payload::ExportSection(section) => at_most("exports", section.count(), EXPORTS_MAX),
            Payload::ElementSection(section) => at_most("element segments", section.count(), ELEMENT_SEGMENTS_MAX),
            Payload::DataSection(section) => at_most("data segments", section.count(), DATA_SEGMENTS_MAX),
            Payload::StartSection { .. } => Err(ModuleError::StartFunction),
            Payload::CodeSectionEntry(body) => self.admit_function(body),
            _ => Ok(()),
        }
    }

    fn admit_memories(&self, section: &wasmparser::MemorySectionReader<'_>) -> Result<(), ModuleError> {
        at_most("memories", section.count(), MEMORIES_MAX)?;
        for memory in section.clone() {
            let memory = memory.map_err(super::malformed)?;
            at_most("pages of initial memory", memory.initial, self.pages_max)?;
        }
        Ok(())
    }

    fn admit_function(&mut self, body: &FunctionBody<'_>) -> Result<(), ModuleError> {
        at_most("bytes in a function", body.as_bytes().len() as u64, BODY_BYTES_MAX)?;
        let mut locals = 0_u64;
        for declaration in body.get_locals_reader().map_err(super::malformed)? {
            let (count, _) = declaration.map_err(super::malformed)?;
            locals = locals.saturating_add(u64::from(count));
        }
        at_most("locals in a function", locals, LOCALS_MAX)?;
        self.locals_total = self.locals_total.saturating_add(locals);
        at_most("locals", self.locals_total, LOCALS_TOTAL_MAX)?;
        nesting::admit(body)
    }
}

fn admit_types(section: &wasmparser::TypeSectionReader<'_>) -> Result<(), ModuleError> {
    at_most("types", section.count(), TYPES_MAX)?;
    for function in section.clone().into_iter_err_on_gc_types() {
        let function = function.map_err(super::malformed)?;
        at_most("parameters", function.params().len() as u64, PARAMETERS_MAX)?;
        at_most("results", function.results().len() as u64, RESULTS_MAX)?;
    }
    Ok(())
}

fn admit_tables(section: &wasmparser::TableSectionReader<'_>) -> Result<(), ModuleError> {
    at_most("tables", section.count(), TABLES_MAX)?;
    for table in section.clone() {
        let table = table.map_err(super::malformed)?;
        at_most("table elements", table.ty.initial, TABLE_ELEMENTS_MAX)?;
    }
    Ok(())
}

pub(super) fn at_most(what: &'static str, got: impl Into<u64>, max: u64) -> Result<(), ModuleError> {
    let got = got.into();
    if got > max { Err(ModuleError::TooMany { what, got, max }) } else { Ok(()) }
}
