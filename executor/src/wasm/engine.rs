//! How modules are compiled, and what each instruction costs.
//!
//! Everything here that verifiers see is agreed on by the network and named in the genesis by [`VERIFIER_ENGINE`]: two
//! nodes with the same name compute the same verdict and the same fuel.

use std::hash::{Hash, Hasher};

use wasmtime::{Config, Engine, Inlining, OperatorCost, RegallocAlgorithm, Strategy, VariableOperatorCost};

use super::Settings;
use crate::check::{MODULE_RULES, PROVER_FEATURES, VERIFIER_FEATURES};

/// Name of the table in [`operator_cost`].
pub const FUEL_SCHEDULE: &str = "lemma-fuel-2";
/// Name of everything that decides a verdict. Goes into the genesis.
pub const VERIFIER_ENGINE: &str = "wasmtime-48.0.8/lemma-module-2/lemma-fuel-2";

/// Which of the two kinds of artifact a module is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Deterministic, metered by fuel.
    Verifier,
    /// Limited by wall-clock.
    Prover,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Verifier => "verifier",
            Self::Prover => "prover",
        }
    }
}

/// The fuel schedule: what each instruction costs a verifier.
///
/// One unit is about one simple machine instruction; most instructions cost one, as in wasmtime's default table. Dearer
/// are those whose time is out of proportion. Growing memory was a hole: a call into the host, hundreds of times an
/// addition, for one unit. `examples/fuel.rs` measures all of them with this table and with the default one. No table
/// can price a load that misses every cache: that remains the worst case, and the genesis' fuel limit allows for it.
#[must_use]
pub fn operator_cost() -> OperatorCost {
    OperatorCost {
        Call: 8,
        CallIndirect: 12,
        variable: VariableOperatorCost {
            memory_grow_per_page: 255,
            table_grow_per_element: 16,
            ..VariableOperatorCost::new()
        },
        ..with_wide_costs(with_bulk_costs(with_division_costs(with_float_costs(OperatorCost::new()))))
    }
}

/// Calls into the host or a library function. Growing tables and passive segments are not accepted in modules; they are
/// priced all the same, should a later version accept them.
fn with_bulk_costs(cost: OperatorCost) -> OperatorCost {
    OperatorCost {
        MemoryGrow: 255,
        MemoryFill: 255,
        MemoryCopy: 20,
        MemoryInit: 100,
        DataDrop: 100,
        TableGrow: 255,
        TableInit: 255,
        TableCopy: 255,
        TableFill: 255,
        ElemDrop: 100,
        RefFunc: 100,
        ..cost
    }
}

/// As many as the machine instructions they become: two for a sum with its carry, a third to move what a product needs in
/// fixed registers.
fn with_wide_costs(cost: OperatorCost) -> OperatorCost {
    const SUM: u8 = 2;
    const PRODUCT: u8 = 3;
    OperatorCost { I64Add128: SUM, I64Sub128: SUM, I64MulWideS: PRODUCT, I64MulWideU: PRODUCT, ..cost }
}

/// Tens of cycles each, and none of them overlaps with the next.
fn with_division_costs(cost: OperatorCost) -> OperatorCost {
    const DIVISION: u8 = 20;
    OperatorCost {
        I32DivS: DIVISION,
        I32DivU: DIVISION,
        I32RemS: DIVISION,
        I32RemU: DIVISION,
        I64DivS: DIVISION,
        I64DivU: DIVISION,
        I64RemS: DIVISION,
        I64RemU: DIVISION,
        ..cost
    }
}

/// Every result is also checked for NaN and made canonical, which costs more than an addition itself.
fn with_float_costs(cost: OperatorCost) -> OperatorCost {
    const SIMPLE: u8 = 15;
    const ROUND: u8 = 25;
    const DIVISION: u8 = 30;
    OperatorCost {
        F32Add: SIMPLE,
        F32Sub: SIMPLE,
        F32Mul: SIMPLE,
        F32Min: SIMPLE,
        F32Max: SIMPLE,
        F32DemoteF64: SIMPLE,
        F32Ceil: ROUND,
        F32Floor: ROUND,
        F32Trunc: ROUND,
        F32Nearest: ROUND,
        F32Div: DIVISION,
        F32Sqrt: DIVISION,
        F64Add: SIMPLE,
        F64Sub: SIMPLE,
        F64Mul: SIMPLE,
        F64Min: SIMPLE,
        F64Max: SIMPLE,
        F64PromoteF32: SIMPLE,
        F64Ceil: ROUND,
        F64Floor: ROUND,
        F64Trunc: ROUND,
        F64Nearest: ROUND,
        F64Div: DIVISION,
        F64Sqrt: DIVISION,
        ..cost
    }
}

/// The two engines.
pub(super) struct Engines {
    pub(super) verifier: Engine,
    pub(super) prover: Engine,
}

impl Engines {
    pub(super) fn new(settings: &Settings) -> wasmtime::Result<Self> {
        let verifier = Engine::new(&verifier_config(settings.verifier_stack_bytes))?;
        let prover = Engine::new(&prover_config(settings.prover_stack_bytes))?;
        Ok(Self { verifier, prover })
    }

    pub(super) fn of(&self, kind: Kind) -> &Engine {
        match kind {
            Kind::Verifier => &self.verifier,
            Kind::Prover => &self.prover,
        }
    }
}

/// What compiled code depends on besides the artifact: wasmtime's version, the configuration, this processor's features
/// and the rules that the artifact passed.
pub(super) fn compatibility(engine: &Engine, kind: Kind) -> blake3::Hash {
    let mut hasher = Digest(blake3::Hasher::new());
    MODULE_RULES.hash(&mut hasher);
    FUEL_SCHEDULE.hash(&mut hasher);
    kind.name().hash(&mut hasher);
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.finalize()
}

fn verifier_config(stack_bytes: usize) -> Config {
    let mut config = common_config(stack_bytes);
    config
        .wasm_features(!VERIFIER_FEATURES, false)
        .wasm_features(VERIFIER_FEATURES, true)
        .consume_fuel(true)
        .operator_cost(operator_cost())
        .cranelift_nan_canonicalization(true)
        .wasm_backtrace_max_frames(None);
    config
}

fn prover_config(stack_bytes: usize) -> Config {
    let mut config = common_config(stack_bytes);
    config.wasm_features(!PROVER_FEATURES, false).wasm_features(PROVER_FEATURES, true).consume_fuel(false);
    config
}

/// Everything that could change with a default is said. Epochs are the local safety net; they do not touch fuel.
fn common_config(stack_bytes: usize) -> Config {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .cranelift_regalloc_algorithm(RegallocAlgorithm::Backtracking)
        .cranelift_opt_level(wasmtime::OptLevel::Speed)
        .compiler_inlining(Inlining::No)
        .relaxed_simd_deterministic(true)
        .epoch_interruption(true)
        .max_wasm_stack(stack_bytes)
        .debug_info(false)
        .generate_address_map(true);
    config
}

/// Collects what is hashed in full; the 64 bits of `Hasher` would not do for a file name that must not collide.
struct Digest(blake3::Hasher);

impl Hasher for Digest {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let mut first = [0; 8];
        self.0.finalize_xof().fill(&mut first);
        u64::from_le_bytes(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_name_names_its_parts() {
        assert_eq!(VERIFIER_ENGINE, format!("wasmtime-{}/{MODULE_RULES}/{FUEL_SCHEDULE}", wasmtime_version()));
    }

    /// The version in the workspace's manifest, which pins it.
    fn wasmtime_version() -> &'static str {
        let manifest = include_str!("../../../Cargo.toml");
        let (_, rest) = manifest.split_once("wasmtime = { version = \"=").expect("wasmtime is pinned");
        rest.split_once('"').expect("a closing quote").0
    }

    /// A changed cost, a new instruction or a changed default is another schedule and needs another name.
    #[test]
    fn the_fuel_schedule_is_frozen() {
        let hash = blake3::hash(format!("{:?}", operator_cost()).as_bytes());
        assert_eq!(hash.to_hex().as_str(), "83f610966ba5a5182fea328449529d1f51cedad75a96c6d799795b1b99243067");
    }
}
