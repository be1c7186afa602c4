//! One instance of a program: its limits, its input, the call, and how that ended.

use wasmtime::{
    AsContextMut, Engine, Error, Instance, InstancePre, Memory, ResourceLimiter, Store, Trap, UpdateDeadline,
};

use super::watch::{Interrupted, Watch};
use crate::{Sections, abi};

/// Elements of a program's table. Modules start with no more (see `check`) and cannot grow it.
const TABLE_ELEMENTS_MAX: usize = 65_536;

/// What a store holds: the state of one run. `H` is what the host functions of a prover need.
pub(super) struct Guest<H> {
    pub(super) limiter: Limiter,
    pub(super) watch: Watch,
    pub(super) memory: Option<Memory>,
    pub(super) host: H,
}

/// How a call ended, when it did not return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Interrupted(Interrupted),
    OutOfMemory,
    OutOfFuel,
    StackOverflow,
    /// `alloc` returned a pointer that cannot hold the input.
    BadPointer,
    InputTooLarge,
    /// A trap that follows from the program and its input alone.
    Trap(Trap),
    /// Anything else: not the program's doing, or not certainly so.
    Host(String),
}

/// Makes the store of one run, with its limits armed.
pub(super) fn store_of<H: Send + 'static>(engine: &Engine, guest: Guest<H>) -> Store<Guest<H>> {
    let mut store = Store::new(engine, guest);
    store.limiter(|guest| &mut guest.limiter);
    store.epoch_deadline_callback(|mut context| {
        let interrupt = context.data_mut().watch.must_end();
        Ok(if interrupt { UpdateDeadline::Interrupt } else { UpdateDeadline::Continue(1) })
    });
    store.set_epoch_deadline(1);
    store
}

/// Instantiates the module, hands it the input and calls its entry.
pub(super) fn call<H: Send + 'static>(
    store: &mut Store<Guest<H>>,
    module: &InstancePre<Guest<H>>,
    entry: &str,
    input: &Sections<'_>,
) -> Result<i32, Fault> {
    let len = input.encoded_len().map_err(|_| Fault::InputTooLarge)?;
    let instance = module.instantiate(&mut *store).map_err(|error| fault_of(store.data(), &error))?;
    let memory = instance.get_memory(&mut *store, abi::MEMORY).ok_or_else(|| missing(abi::MEMORY))?;
    store.data_mut().memory = Some(memory);
    let pointer = alloc(store, &instance, len)?;
    let start = pointer as usize;
    let buffer = start.checked_add(len as usize).and_then(|end| memory.data_mut(&mut *store).get_mut(start..end));
    input.write(buffer.ok_or(Fault::BadPointer)?).map_err(|_| Fault::InputTooLarge)?;
    let entry = instance.get_typed_func::<(u32, u32), i32>(&mut *store, entry).map_err(|_| missing("entry"))?;
    entry.call(&mut *store, (pointer, len)).map_err(|error| fault_of(store.data(), &error))
}

fn alloc<H: Send + 'static>(store: &mut Store<Guest<H>>, instance: &Instance, len: u32) -> Result<u32, Fault> {
    let alloc = instance.get_typed_func::<u32, u32>(&mut *store, abi::ALLOC).map_err(|_| missing(abi::ALLOC))?;
    let pointer = alloc.call(store.as_context_mut(), len).map_err(|error| fault_of(store.data(), &error))?;
    if pointer == 0 { Err(Fault::BadPointer) } else { Ok(pointer) }
}

/// The check of modules found all exports, so this is a fault of ours.
fn missing(name: &str) -> Fault {
    Fault::Host(format!("{name} is missing in a checked module"))
}

/// What ended the call. The guest's own notes come first: they say what made the host raise the trap.
fn fault_of<H>(guest: &Guest<H>, error: &Error) -> Fault {
    if let Some(interrupted) = guest.watch.interrupted {
        return Fault::Interrupted(interrupted);
    }
    if guest.limiter.refused {
        return Fault::OutOfMemory;
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => Fault::OutOfFuel,
        Some(Trap::StackOverflow) => Fault::StackOverflow,
        Some(trap) if is_program_trap(*trap) => Fault::Trap(*trap),
        _ => Fault::Host(format!("{error:#}")),
    }
}

/// The traps of the WebAssembly core specification, which follow from program and input. Any other is the host's.
fn is_program_trap(trap: Trap) -> bool {
    matches!(
        trap,
        Trap::MemoryOutOfBounds
            | Trap::TableOutOfBounds
            | Trap::IndirectCallToNull
            | Trap::BadSignature
            | Trap::IntegerOverflow
            | Trap::IntegerDivisionByZero
            | Trap::BadConversionToInteger
            | Trap::UnreachableCodeReached
    )
}

/// Bounds the memory of one instance. A refusal is a trap, not -1: a program that asks for too much ends there, the
/// same on every node, instead of trying again for ever.
pub(super) struct Limiter {
    memory_bytes_max: usize,
    pub(super) memory_peak_bytes: usize,
    /// A limit of the program was reached. Growth that was allowed and then failed is not this: it is the host's fault.
    pub(super) refused: bool,
}

impl Limiter {
    pub(super) fn new(memory_bytes_max: u64) -> Self {
        let memory_bytes_max = usize::try_from(memory_bytes_max).unwrap_or(usize::MAX);
        Self { memory_bytes_max, memory_peak_bytes: 0, refused: false }
    }

    fn admit(&mut self, desired: usize, limits: [usize; 2]) -> wasmtime::Result<bool> {
        if limits.iter().any(|limit| desired > *limit) {
            self.refused = true;
            return Err(Error::msg("the program asked for more than its limit"));
        }
        Ok(true)
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, _: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let allowed = self.admit(desired, [self.memory_bytes_max, maximum.unwrap_or(usize::MAX)])?;
        self.memory_peak_bytes = self.memory_peak_bytes.max(desired);
        Ok(allowed)
    }

    fn memory_grow_failed(&mut self, error: Error) -> wasmtime::Result<()> {
        Err(error.context("the host has no memory for a growth within the limit"))
    }

    fn table_growing(&mut self, _: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.admit(desired, [TABLE_ELEMENTS_MAX, maximum.unwrap_or(usize::MAX)])
    }

    fn table_grow_failed(&mut self, error: Error) -> wasmtime::Result<()> {
        Err(error.context("the host has no memory for a table within the limit"))
    }

    fn instances(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        1
    }

    fn memories(&self) -> usize {
        1
    }
}

/// Runs `body` on a thread whose stack holds `stack_bytes` of the program and what the host needs besides.
pub(super) fn on_own_stack<'scope, 'env, T: Send + 'scope>(
    scope: &'scope std::thread::Scope<'scope, 'env>,
    name: &str,
    stack_bytes: usize,
    body: impl FnOnce() -> T + Send + 'scope,
) -> std::io::Result<std::thread::ScopedJoinHandle<'scope, T>> {
    const HOST_STACK_BYTES: usize = 1 << 20;
    let stack_bytes = stack_bytes.saturating_add(HOST_STACK_BYTES);
    std::thread::Builder::new().name(name.to_owned()).stack_size(stack_bytes).spawn_scoped(scope, body)
}
