//! Where QEMU, the watched memory, the guest's marks and the turnstile meet.
//!
//! At translation each instruction is decoded once, and only those that matter get callbacks. Atomics
//! count once whatever QEMU makes of them: with one thread a core it reports LDADD as one access that
//! is also a store, with all cores on one thread as a load and a store; so we ask for stores only. Of
//! the exclusives the load counts, and its store completes it.

use crate::aarch64::{self, Class};
use crate::api::{self, Api, Block, Id, Info, Instruction};
use crate::arguments::Arguments;
use crate::directory::{Access, MAX_CORES};
use crate::failure::{self, end};
use crate::marks::{Mark, Sentence};
use crate::memory::{Hit, Memory, lock};
use crate::names::Names;
use crate::report::{self, Run};
use crate::trace::{Site, Step};
use crate::turnstile::Turnstile;
use std::collections::{BTreeMap, HashMap};
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Mutex, Once, OnceLock, PoisonError, RwLock};
use std::thread;

static PLUGIN: OnceLock<Plugin> = OnceLock::new();

/// What belongs to one core; only its own thread touches it, so that is cheap.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Core {
    /// The phase it takes part in, or 0.
    phase: AtomicU16,
    /// An exclusive load of watched memory has not met its store yet.
    exclusive: AtomicBool,
    sentence: Mutex<Sentence>,
}

#[derive(Debug)]
struct Plugin {
    api: Api,
    run: Run,
    arguments: Arguments,
    memory: Memory,
    names: RwLock<Names>,
    phases: Mutex<BTreeMap<u16, String>>,
    cores: Vec<Core>,
    turnstile: Option<Turnstile>,
    sites: Mutex<HashMap<(u64, u32), &'static Site>>,
    out: Mutex<Option<File>>,
    trace: Mutex<Option<File>>,
    watchdog: Once,
    reported: AtomicBool,
}

/// Called by QEMU when it has loaded the plugin.
///
/// # Safety
///
/// `info` and `arguments` must be as include/qemu/qemu-plugin.h says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_plugin_install(
    id: Id,
    info: *const Info,
    count: c_int,
    arguments: *const *const c_char,
) -> c_int {
    failure::on_panic();
    // SAFETY: promised by the caller: a structure that lives during the call.
    let info = unsafe { &*info };
    let words = (0..usize::try_from(count).unwrap_or(0)).map(|index| {
        // SAFETY: promised by the caller: `count` terminated strings.
        unsafe { CStr::from_ptr(*arguments.add(index)) }.to_string_lossy()
    });
    let words: Vec<_> = words.collect();
    let plugin = match Plugin::new(info, words.iter().map(AsRef::as_ref)) {
        Ok(plugin) => PLUGIN.get_or_init(|| plugin),
        Err(error) => end(failure::SETUP, &error),
    };
    plugin.api.on_translate(id, translate);
    plugin.api.on_exit(id, exit);
    if plugin.turnstile.is_some() {
        plugin.api.on_idle(id, idle);
    }
    0
}

fn plugin() -> &'static Plugin {
    PLUGIN.get().expect("callbacks come after the installation")
}

impl Plugin {
    fn new<'a>(info: &Info, words: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let arguments = Arguments::parse(words)?;
        let api = Api::find(info)?;
        let cores = info.cores();
        if cores == 0 || cores > MAX_CORES {
            return Err(format!("a machine of {cores} cores; 1 to {MAX_CORES} are supported"));
        }
        let create = |path: &Option<PathBuf>| match path {
            Some(path) => File::create(path)
                .map(Some)
                .map_err(|error| format!("cannot write {}: {error}", path.display())),
            None => Ok(None::<File>),
        };
        let names = match &arguments.names {
            None => Names::default(),
            Some(path) => fs::read_to_string(path)
                .map_err(|error| error.to_string())
                .and_then(|text| Names::parse(&text))
                .map_err(|error| format!("names={}: {error}", path.display()))?,
        };
        let memory = Memory::new(arguments.line, cores);
        for region in &arguments.regions {
            memory.watch(region.clone()).map_err(|error| format!("region=: {error}"))?;
        }
        let turnstile = arguments.schedule.then(|| {
            let Arguments { policy, trace_last, max_steps, deadline, .. } = arguments;
            Turnstile::new(cores, policy, trace_last, max_steps, deadline)
        });
        Ok(Self {
            api,
            run: Run {
                schedule: arguments.schedule,
                line: arguments.line,
                cores,
                api: api::VERSION.load(Ordering::Relaxed),
            },
            memory,
            names: RwLock::new(names),
            phases: Mutex::default(),
            cores: (0..cores).map(|_| Core::default()).collect(),
            turnstile,
            sites: Mutex::default(),
            out: Mutex::new(create(&arguments.out)?),
            trace: Mutex::new(create(&arguments.trace)?),
            watchdog: Once::new(),
            reported: AtomicBool::new(false),
            arguments,
        })
    }

    /// The one description of an instruction, made when it is translated for the first time.
    fn site(&self, address: u64, opcode: u32, class: Class, name: &'static str) -> &'static Site {
        lock(&self.sites)
            .entry((address, opcode))
            .or_insert_with(|| Box::leak(Box::new(Site { address, class, name })))
    }

    fn describe(&self, address: u64) -> String {
        self.names.read().unwrap_or_else(PoisonError::into_inner).describe(address)
    }

    /// Something that the guest must not do.
    fn must<T>(&self, result: Result<T, String>) -> T {
        result.unwrap_or_else(|error| {
            self.report();
            end(failure::GUEST, &error)
        })
    }

    /// An access of watched memory.
    fn access(&self, core: usize, site: &'static Site, store: bool, address: u64, hit: Hit<'_>) {
        let own = &self.cores[core];
        let phase = own.phase.load(Ordering::Relaxed);
        let access = match (site.class, store) {
            (Class::Atomic | Class::LoadExclusive, _) => Access::Atomic,
            (_, true) => Access::Store,
            (_, false) => Access::Load,
        };
        let completes = site.class == Class::StoreExclusive;
        match completes {
            true => self.memory.complete(hit, core, phase, || self.describe(address)),
            false => self.memory.access(hit, core, phase, access, || self.describe(address)),
        }
        let Some(turnstile) = self.turnstile.as_ref().filter(|_| phase != 0) else { return };
        if !completes {
            let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
            let step = Step { core, access, site, address };
            let recorded = turnstile.record(step, names.place(address, hit.start));
            drop(names);
            self.must(recorded);
        }
        let opens = site.class == Class::LoadExclusive;
        own.exclusive.store(opens, Ordering::Relaxed);
        if !opens {
            turnstile.pass(core);
        }
    }

    fn mark(&self, core: usize, mark: Mark) {
        let own = &self.cores[core];
        match mark {
            Mark::Phase { phase, cores } => {
                if let Some(turnstile) = &self.turnstile {
                    let cores = if cores == 0 { self.arguments.cores } else { cores };
                    self.watchdog.call_once(|| {
                        thread::spawn(|| {
                            let turnstile = plugin().turnstile.as_ref();
                            turnstile.expect("schedule").watch(|| plugin().report())
                        });
                    });
                    if let Err(error) = turnstile.check_threads(core, cores) {
                        end(failure::SETUP, &error);
                    }
                    self.must(turnstile.begin(core, phase, cores));
                }
                own.phase.store(phase, Ordering::Relaxed);
            }
            Mark::End => {
                own.phase.store(0, Ordering::Relaxed);
                if let Some(turnstile) = &self.turnstile {
                    self.must(turnstile.end(core));
                }
            }
            Mark::Cold => self.memory.cold(),
            Mark::Watch { name, range, stride } => {
                let watched = self.memory.watch(range.clone());
                self.must(watched.map_err(|error| format!("watch {name}: {error}")));
                let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
                names.add(range, stride, &name);
            }
            Mark::Arrive => {
                if let Some(turnstile) = &self.turnstile {
                    turnstile.arrive(core);
                }
            }
            Mark::Wakes(target) => {
                if let Some(turnstile) = &self.turnstile {
                    self.must(turnstile.wakes(target));
                }
            }
            Mark::Name { phase, name } => {
                lock(&self.phases).insert(phase, name);
            }
        }
    }

    /// Writes the results, once.
    fn report(&self) {
        if self.reported.swap(true, Ordering::Relaxed) {
            return;
        }
        let mut text = report::counts(&self.run, &self.memory.totals(), &lock(&self.phases));
        if let Some(turnstile) = &self.turnstile {
            let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
            let steps = turnstile.trace(|trace, spins| {
                text +=
                    &report::schedule(self.arguments.policy, trace.count(), spins, &trace.hash());
                let steps = trace.text(&names, self.arguments.trace_last);
                format!("trace {} of {} steps\n{steps}", trace.hash(), trace.count())
            });
            if let Some(file) = &mut *lock(&self.trace) {
                written(file.write_all(steps.as_bytes()), "trace=");
            }
        }
        match &mut *lock(&self.out) {
            Some(file) => written(file.write_all(text.as_bytes()), "out="),
            None => written(io::stderr().write_all(text.as_bytes()), "standard error"),
        }
    }
}

fn written(result: io::Result<()>, what: &str) {
    if let Err(error) = result {
        end(failure::GUEST, &format!("cannot write the results to {what}: {error}"));
    }
}

extern "C" fn translate(_: Id, block: *mut Block) {
    let plugin = plugin();
    // SAFETY: `block` is QEMU's argument of this very call.
    for (instruction, address, opcode) in unsafe { plugin.api.instructions(block) } {
        let Some((class, name)) = aarch64::decode(opcode) else { continue };
        let site = plugin.site(address, opcode, class, name);
        // SAFETY: `instruction` is of `block`; the callbacks take a `Site` as their data.
        unsafe { instrument(plugin, instruction, site) }
    }
}

/// # Safety
///
/// `instruction` must be of a block that is being translated.
unsafe fn instrument(plugin: &Plugin, instruction: *mut Instruction, site: &'static Site) {
    let data = ptr::from_ref(site).cast_mut().cast::<c_void>();
    let accesses = match site.class {
        Class::Plain | Class::Atomic | Class::LoadExclusive | Class::StoreExclusive => true,
        Class::ClearExclusive | Class::Spin | Class::Mark(_) => false,
    };
    let before: Option<api::ExecuteCallback> = match site.class {
        Class::Mark(_) => Some(mark),
        Class::Spin if plugin.turnstile.is_some() => Some(spin),
        Class::ClearExclusive | Class::LoadExclusive if plugin.turnstile.is_some() => {
            Some(clear_exclusive)
        }
        _ => None,
    };
    // SAFETY: promised by the caller.
    unsafe {
        if accesses {
            plugin.api.on_access(instruction, access, data);
        }
        if let Some(callback) = before {
            plugin.api.on_execute(instruction, callback, data);
        }
    }
}

/// # Safety
///
/// `data` must be what `instrument` has registered.
unsafe fn site(data: *mut c_void) -> &'static Site {
    // SAFETY: promised by the caller; sites are leaked, so they live for ever.
    unsafe { &*data.cast::<Site>() }
}

extern "C" fn access(core: c_uint, info: u32, address: u64, data: *mut c_void) {
    let plugin = plugin();
    let Some(hit) = plugin.memory.find(address) else { return };
    // SAFETY: `instrument` has registered this callback with a site.
    let site = unsafe { site(data) };
    let store = plugin.api.is_store(info);
    if matches!(site.class, Class::Atomic | Class::StoreExclusive) && !store {
        return; // its other half
    }
    plugin.access(core as usize, site, store, address, hit);
    // An unaligned access may reach into the next line.
    let last = address + plugin.api.size(info) - 1;
    if last / plugin.run.line != address / plugin.run.line
        && let Some(hit) = plugin.memory.find(last)
    {
        plugin.access(core as usize, site, store, last, hit);
    }
}

extern "C" fn mark(core: c_uint, data: *mut c_void) {
    let (plugin, core) = (plugin(), core as usize);
    // SAFETY: as in `access`.
    let Class::Mark(number) = (unsafe { site(data) }).class else { return };
    let mark = lock(&plugin.cores[core].sentence).hint(number);
    if let Some(mark) = plugin.must(mark.map_err(|error| format!("core {core}: {error}"))) {
        plugin.mark(core, mark);
    }
}

extern "C" fn spin(core: c_uint, _: *mut c_void) {
    let (plugin, core) = (plugin(), core as usize);
    if let Some(turnstile) = &plugin.turnstile
        && plugin.cores[core].phase.load(Ordering::Relaxed) != 0
    {
        turnstile.spin(core);
    }
}

/// An atomic of exclusives has ended without a store, as a compare-and-swap that fails does; it was a
/// step all the same. Also comes before an exclusive load, for those that end without a CLREX.
extern "C" fn clear_exclusive(core: c_uint, _: *mut c_void) {
    let (plugin, core) = (plugin(), core as usize);
    if let Some(turnstile) = &plugin.turnstile
        && plugin.cores[core].exclusive.swap(false, Ordering::Relaxed)
        && plugin.cores[core].phase.load(Ordering::Relaxed) != 0
    {
        turnstile.pass(core);
    }
}

extern "C" fn idle(_: Id, core: c_uint) {
    if let Some(turnstile) = &plugin().turnstile {
        turnstile.idle(core as usize);
    }
}

extern "C" fn exit(_: Id, _: *mut c_void) {
    plugin().report();
}
