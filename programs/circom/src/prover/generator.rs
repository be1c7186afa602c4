//! A circuit's own generator of witnesses, the `.wasm` that circom writes, run on `input.json`.
//!
//! The module's memory holds one number at a time for the other side to read or write, as 32-bit words from the lowest.
//! Signals are found by the FNV-1a hash of their name. Nothing bounds it here: it runs in the sandbox of the prover, whose
//! time and memory are the attempt's.

mod input;

use super::binfile::{number, width};
use ark_ff::{BigInteger, PrimeField};
use program::Error;
use wasmi::{Caller, Engine, Instance, Linker, Module, Store, TypedFunc, WasmParams, WasmResults};

const MAGIC: &[u8] = b"\0asm";
/// The interface of circom 2.
const VERSION: i32 = 2;
/// Of what a generator says about its end, in bytes.
const MESSAGE_BYTES_MAX: usize = 4096;
/// By the number that the generator raises, from 1.
const EXCEPTIONS: [&str; 7] = [
    "it has no such signal",
    "it was given too many signals",
    "a signal was set twice",
    "an assertion failed",
    "it has not enough memory",
    "a signal has fewer elements than the input",
    "it reads outside an array",
];

/// Whether an input is a generator and not a witness.
pub fn is_generator(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Makes the witness: the value of every variable. `input` is circom's `input.json`.
///
/// # Errors
///
/// When the module is no generator of circom 2, or for another field; when the input is malformed or not what the circuit
/// takes; when the circuit's own assertions fail on it.
pub fn run<F: PrimeField>(module: &[u8], input: &[u8]) -> Result<Vec<F>, Error> {
    let signals = input::read::<F>(input)?;
    let mut generator = Generator::start(module)?;
    generator.check_field::<F>()?;
    let count = signals.iter().map(|(_, values)| values.len()).sum::<usize>();
    let wanted = generator.call::<(), i32>("getInputSize", ())?;
    if i32::try_from(count) != Ok(wanted) {
        return Err(Error::new(format!("input.json has {count} values, but the circuit takes {wanted}")));
    }
    signals.iter().try_for_each(|(name, values)| generator.set(name, values))?;
    generator.witness()
}

/// What the generator has said.
type Said = String;

struct Generator {
    store: Store<Said>,
    instance: Instance,
    read: TypedFunc<i32, i32>,
    write: TypedFunc<(i32, i32), ()>,
}

fn fault(error: &wasmi::Error) -> Error {
    Error::new(format!("the witness generator: {error}"))
}

impl Generator {
    fn start(module: &[u8]) -> Result<Self, Error> {
        let engine = Engine::default();
        let start = || {
            let module = Module::new(&engine, module)?;
            let mut store = Store::new(&engine, Said::new());
            let instance = linker(&engine)?.instantiate_and_start(&mut store, &module)?;
            let read = instance.get_typed_func(&store, "readSharedRWMemory")?;
            let write = instance.get_typed_func(&store, "writeSharedRWMemory")?;
            Ok(Self { store, instance, read, write })
        };
        let mut generator = start().map_err(|error| fault(&error))?;
        let version = generator.call::<(), i32>("getVersion", ())?;
        if version != VERSION {
            return Err(Error::new(format!("the witness generator is of circom {version}, not {VERSION}")));
        }
        generator.call::<i32, ()>("init", 1)?;
        Ok(generator)
    }

    fn call<P: WasmParams, R: WasmResults>(&mut self, name: &str, parameters: P) -> Result<R, Error> {
        let function = self.instance.get_typed_func::<P, R>(&self.store, name);
        function.and_then(|function| function.call(&mut self.store, parameters)).map_err(|error| fault(&error))
    }

    fn check_field<F: PrimeField>(&mut self) -> Result<(), Error> {
        let words = self.call::<(), i32>("getFieldNumLen32", ())?;
        self.call::<(), ()>("getRawPrime", ())?;
        if usize::try_from(words) != Ok(width::<F>() / 4) || self.shared::<F>()? != F::MODULUS.to_bytes_le() {
            return Err(Error::new("the witness generator is for another curve than the verification key"));
        }
        Ok(())
    }

    /// The number in the shared memory.
    fn shared<F: PrimeField>(&mut self) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::with_capacity(width::<F>());
        for at in 0..words::<F>() {
            let word = self.read.call(&mut self.store, at).map_err(|error| fault(&error))?;
            bytes.extend(word.to_le_bytes());
        }
        Ok(bytes)
    }

    fn set<F: PrimeField>(&mut self, name: &str, values: &[F]) -> Result<(), Error> {
        let (high, low) = halves(hash(name));
        let size = self.call::<(i32, i32), i32>("getInputSignalSize", (high, low))?;
        if i32::try_from(values.len()) != Ok(size) {
            return Err(match size {
                ..=0 => Error::new(format!("input.json: the circuit takes no signal {name}")),
                _ => Error::new(format!("input.json: {name} has {} values, not {size}", values.len())),
            });
        }
        for (at, value) in (0..).zip(values) {
            for (at, word) in (0..).zip(value.into_bigint().to_bytes_le().as_chunks().0) {
                let word = i32::from_le_bytes(*word);
                self.write.call(&mut self.store, (at, word)).map_err(|error| fault(&error))?;
            }
            self.call::<(i32, i32, i32), ()>("setInputSignal", (high, low, at))?;
        }
        Ok(())
    }

    fn witness<F: PrimeField>(&mut self) -> Result<Vec<F>, Error> {
        let count = self.call::<(), i32>("getWitnessSize", ())?;
        let mut values = Vec::new();
        for at in 0..count {
            self.call::<i32, ()>("getWitness", at)?;
            let value = number(&self.shared::<F>()?);
            values.push(value.ok_or("the witness generator gives a value that is not below the modulus")?);
        }
        Ok(values)
    }
}

/// Words of a number.
fn words<F: PrimeField>() -> i32 {
    i32::try_from(width::<F>() / 4).unwrap_or(i32::MAX)
}

/// What a generator may call.
fn linker(engine: &Engine) -> Result<Linker<Said>, wasmi::Error> {
    let mut linker = Linker::new(engine);
    linker.func_wrap("runtime", "exceptionHandler", |caller: Caller<'_, Said>, code: i32| {
        Err::<(), _>(wasmi::Error::new(exception(code, caller.data())))
    })?;
    linker.func_wrap("runtime", "printErrorMessage", |caller: Caller<'_, Said>| listen(caller))?;
    // A circuit's log, of which nothing is kept.
    linker.func_wrap("runtime", "writeBufferMessage", || ())?;
    linker.func_wrap("runtime", "showSharedRWMemory", || ())?;
    Ok(linker)
}

fn exception(code: i32, said: &str) -> String {
    let known = usize::try_from(code).ok().and_then(|code| EXCEPTIONS.get(code.checked_sub(1)?));
    let what = known.map_or_else(|| format!("exception {code}"), |what| (*what).to_owned());
    if said.is_empty() { what } else { format!("{what}: {}", said.trim_end()) }
}

/// Keeps what the generator says about an error, for when it raises it.
fn listen(mut caller: Caller<'_, Said>) -> Result<(), wasmi::Error> {
    let export = caller.get_export("getMessageChar").and_then(wasmi::Extern::into_func);
    let next = export.ok_or_else(|| wasmi::Error::new("it has no getMessageChar"))?.typed::<(), i32>(&caller)?;
    loop {
        let character = next.call(&mut caller, ())?;
        let said = caller.data_mut();
        match u8::try_from(character) {
            Ok(0) => return Ok(()),
            Ok(byte @ b' '..=b'~') if said.len() < MESSAGE_BYTES_MAX => said.push(char::from(byte)),
            _ if said.len() < MESSAGE_BYTES_MAX => said.push(' '),
            _ => {}
        }
    }
}

/// FNV-1a of 64 bits.
fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

fn halves(hash: u64) -> (i32, i32) {
    ((hash >> 32) as u32 as i32, hash as u32 as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_hashed_by_fnv() {
        // The published vectors.
        assert_eq!(hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(hash("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn an_exception_has_its_name_and_what_was_said() {
        assert_eq!(
            exception(4, "Error in template Product_0 line: 12 "),
            "an assertion failed: Error in template Product_0 line: 12"
        );
        assert_eq!(exception(0, ""), "exception 0");
        assert_eq!(exception(8, ""), "exception 8");
    }
}
