//! What one unit of fuel costs in nanoseconds, for loops over one kind of instruction, with wasmtime's default fuel
//! table and with ours. Fuel should buy about the same time whatever a verifier does with it: the last column says how
//! far from ordinary arithmetic each loop is.
//!
//! ```text
//! cargo run -p executor --features wasm --example fuel
//! ```

use std::io::Write;
use std::time::Instant;

use executor::check::VERIFIER_FEATURES;
use executor::wasm::engine::{FUEL_SCHEDULE, operator_cost};
use wasmtime::{Config, Engine, Instance, Module, OperatorCost, Result, Store, Trap};

/// Name, memory in pages, and the body of the loop.
const LOOPS: &[(&str, u32, &str)] = &[
    (
        "i64.add, xor, rotl",
        1,
        "(local.set $a (i64.rotl (i64.xor (i64.add (local.get $a) (local.get $b)) (i64.const 77)) (i64.const 7)))",
    ),
    ("i64.mul", 1, "(local.set $a (i64.mul (i64.add (local.get $a) (local.get $b)) (local.get $a)))"),
    ("i64.mul_wide_u", 1, "(i64.mul_wide_u (local.get $a) (local.get $b)) (local.set $b) (local.set $a)"),
    ("i64.mul_wide_s", 1, "(i64.mul_wide_s (local.get $a) (local.get $b)) (local.set $b) (local.set $a)"),
    (
        "i64.add128",
        1,
        "(i64.add128 (local.get $a) (local.get $b) (local.get $b) (local.get $a)) (local.set $b) (local.set $a)",
    ),
    (
        "i64.sub128",
        1,
        "(i64.sub128 (local.get $a) (local.get $b) (local.get $b) (local.get $a)) (local.set $b) (local.set $a)",
    ),
    ("i64.popcnt", 1, "(local.set $a (i64.add (i64.popcnt (local.get $a)) (local.get $b)))"),
    (
        "i32.load/store, in cache",
        1,
        "(i32.store (local.get $p) (i32.add (i32.load (local.get $p)) (local.get $q))) (local.set $p (i32.xor (local.get $p) (local.get $q)))",
    ),
    (
        "i32.load, chasing pointers through 64 MiB",
        1024,
        "(local.set $p (i32.and (i32.add (i32.mul (local.get $p) (i32.const 1664525)) \
         (i32.add (i32.load (local.get $p)) (i32.const 1013904223))) (i32.const 0x3fffffc)))",
    ),
    ("global.set", 1, "(global.set $g (i64.add (global.get $g) (local.get $b)))"),
    (
        "i64.div_u",
        1,
        "(local.set $a (i64.div_u (i64.or (local.get $a) (i64.const -0x8000000000000000)) (local.get $b)))",
    ),
    (
        "i64.rem_s",
        1,
        "(local.set $a (i64.rem_s (i64.or (local.get $a) (i64.const -0x8000000000000000)) (local.get $b)))",
    ),
    ("i32.div_u", 1, "(local.set $p (i32.div_u (i32.or (local.get $p) (i32.const -0x80000000)) (local.get $q)))"),
    ("f64.add", 1, "(local.set $f (f64.add (local.get $f) (local.get $h)))"),
    ("f64.mul", 1, "(local.set $f (f64.mul (local.get $f) (local.get $h)))"),
    ("f64.div", 1, "(local.set $f (f64.div (local.get $h) (local.get $f)))"),
    ("f64.sqrt", 1, "(local.set $f (f64.sqrt (local.get $f)))"),
    ("f64.min", 1, "(local.set $f (f64.min (local.get $f) (local.get $h)))"),
    ("f64.nearest", 1, "(local.set $f (f64.nearest (local.get $f)))"),
    ("f32.demote, f64.promote", 1, "(local.set $f (f64.promote_f32 (f32.demote_f64 (local.get $f))))"),
    (
        "f64.convert_i64_u",
        1,
        "(local.set $f (f64.convert_i64_u (i64.add (i64.reinterpret_f64 (local.get $f)) (local.get $b))))",
    ),
    (
        "i64.trunc_sat_f64_u",
        1,
        "(local.set $a (i64.trunc_sat_f64_u (f64.reinterpret_i64 (i64.add (local.get $a) (local.get $b)))))",
    ),
    (
        "br_table",
        1,
        "(block (block (block (br_table 0 1 2 (i32.and (local.get $p) (i32.const 3))))))(local.set $p (i32.add (local.get $p) (local.get $q)))",
    ),
    ("call", 1, "(call $nothing)"),
    ("call_indirect", 1, "(call_indirect (type $nothing) (local.get $zero))"),
    ("memory.size", 1, "(local.set $p (i32.add (local.get $p) (memory.size)))"),
    ("memory.grow 0", 1, "(drop (memory.grow (local.get $zero)))"),
    ("memory.grow that fails", 1, "(drop (memory.grow (i32.const 1)))"),
    ("memory.fill of 0 bytes", 1, "(memory.fill (i32.const 0) (i32.const 0) (local.get $zero))"),
    ("memory.fill of 32 bytes", 1, "(memory.fill (i32.const 0) (i32.const 0) (i32.const 32))"),
    ("memory.fill of 64 KiB", 1, "(memory.fill (i32.const 0) (i32.const 0) (i32.const 65536))"),
    ("memory.copy of 0 bytes", 1, "(memory.copy (i32.const 0) (i32.const 1) (local.get $zero))"),
    ("memory.copy of 32 bytes", 1, "(memory.copy (i32.const 0) (i32.const 1) (i32.const 32))"),
    ("memory.copy of 32 KiB", 1, "(memory.copy (i32.const 0) (i32.const 1000) (i32.const 32768))"),
];

/// Fuel of one measurement.
const FUEL: u64 = 20_000_000;
/// The least of this many measurements counts: whatever else the machine does only adds.
const PASSES: usize = 5;

fn main() -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{:44} {:>22} {:>22}", "", "default table", FUEL_SCHEDULE)?;
    writeln!(out, "{:44} {:>11} {:>10} {:>11} {:>10}", "loop over", "ns/fuel", "ratio", "ns/fuel", "ratio")?;
    let engines = [engine(OperatorCost::new())?, engine(operator_cost())?];
    let mut base = [None; 2];
    for (name, pages, body) in LOOPS {
        write!(out, "{name:44}")?;
        for (engine, base) in engines.iter().zip(&mut base) {
            let ns = (0..PASSES).try_fold(f64::MAX, |least, _| {
                Ok::<_, wasmtime::Error>(least.min(ns_per_fuel(engine, *pages, body)?))
            })?;
            write!(out, " {ns:>11.3} {:>9.1}x", ns / *base.get_or_insert(ns))?;
        }
        writeln!(out)?;
    }
    grow_by_pages(&mut out, &engines)
}

fn engine(cost: OperatorCost) -> Result<Engine> {
    let mut config = Config::new();
    config.wasm_features(!VERIFIER_FEATURES, false).wasm_features(VERIFIER_FEATURES, true);
    config.consume_fuel(true).operator_cost(cost).cranelift_nan_canonicalization(true).epoch_interruption(true);
    Engine::new(&config)
}

fn ns_per_fuel(engine: &Engine, pages: u32, body: &str) -> Result<f64> {
    let text = format!(
        r#"(module
            (type $nothing (func))
            (memory {pages} {pages})
            (table 1 funcref) (elem (i32.const 0) $nothing)
            (func $nothing)
            (global $g (mut i64) (i64.const 0))
            (func (export "run") (param $b i64) (param $q i32) (param $h f64) (param $zero i32)
                (local $a i64) (local $p i32) (local $f f64)
                (local.set $f (f64.const 3.5))
                (loop {} (br 0))))"#,
        body.repeat(16)
    );
    let module = Module::new(engine, text)?;
    let mut store = Store::new(engine, ());
    store.set_epoch_deadline(1);
    store.set_fuel(FUEL)?;
    let instance = Instance::new(&mut store, &module, &[])?;
    let run = instance.get_typed_func::<(i64, i32, f64, i32), ()>(&mut store, "run")?;
    let start = Instant::now();
    // Arguments, so that the compiler cannot compute the loop beforehand.
    let error = run.call(&mut store, (3, 3, 1.0000001, 0)).err();
    let ns = start.elapsed().as_nanos() as f64;
    match error.as_ref().and_then(|error| error.downcast_ref::<Trap>()) {
        Some(Trap::OutOfFuel) => Ok(ns / FUEL as f64),
        other => Err(wasmtime::Error::msg(format!("the loop ended with {other:?}"))),
    }
}

/// Growing for real, once to the limit, and touching every new page of the operating system.
fn grow_by_pages(out: &mut impl Write, engines: &[Engine; 2]) -> Result<()> {
    let text = r#"(module
        (memory 0 4096)
        (func (export "run") (local $p i32)
            (loop
                (drop (memory.grow (i32.const 1)))
                (loop
                    (i32.store8 (local.get $p) (i32.const 1))
                    (local.set $p (i32.add (local.get $p) (i32.const 4096)))
                    (br_if 0 (i32.and (local.get $p) (i32.const 65535))))
                (br_if 0 (i32.ne (memory.size) (i32.const 4096))))))"#;
    for (name, engine) in ["default table", FUEL_SCHEDULE].iter().zip(engines) {
        let module = Module::new(engine, text)?;
        let mut store = Store::new(engine, ());
        store.set_epoch_deadline(1);
        store.set_fuel(FUEL)?;
        let instance = Instance::new(&mut store, &module, &[])?;
        let run = instance.get_typed_func::<(), ()>(&mut store, "run")?;
        let start = Instant::now();
        run.call(&mut store, ())?;
        let (time, fuel) = (start.elapsed(), FUEL - store.get_fuel()?);
        let ns = time.as_nanos() as f64 / fuel as f64;
        writeln!(out, "grow by pages to 256 MiB, touched: {name}: {time:.1?}, {fuel} fuel, {ns:.3} ns/fuel")?;
    }
    Ok(())
}
