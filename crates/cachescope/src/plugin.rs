//! Where QEMU, the watched memory, the guest's marks and the turnstile meet.
//!
//! Atomics count once whatever QEMU makes of them: with a thread for each core it reports LDADD as one
//! access that is also a store, with all cores on one thread as a load and a store, and from version
//! 9.2 on always as both; so of its accesses only the store counts. Of the exclusives the load counts,
//! and its store completes it. Of pairs of 64-bit registers QEMU 7.2 reports two halves, later ones one
//! access: only the lower half counts. (LDP and STP can lie anywhere; theirs count as they are.)

mod guest;
mod results;

use crate::aarch64::{self, Class};
use crate::api::{self, Api, Info};
use crate::arguments::Arguments;
use crate::directory::{Access, MAX_CORES};
use crate::failure::{self, end};
use crate::marks::Sentence;
use crate::memory::{Hit, Memory, lock};
use crate::names::Names;
use crate::report::Run;
use crate::trace::{Site, Step};
use crate::turnstile::Turnstile;
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Mutex, Once, PoisonError, RwLock};
use std::thread::{self, ThreadId};

/// Most bytes of an access that QEMU reports as one (`QEMU_PLUGIN_MEM_VALUE_U128`).
const MOST_BYTES: u64 = 16;

/// What belongs to one core; only its own thread touches it, so that is cheap.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Core {
    /// The phase it takes part in, or 0.
    phase: AtomicU16,
    /// That phase is led through the schedule.
    scheduled: AtomicBool,
    /// An exclusive load of watched memory has not met its store yet.
    exclusive: AtomicBool,
    sentence: Mutex<Sentence>,
}

/// The plugin in one piece. There is one, and it lives for ever.
#[derive(Debug)]
pub struct Plugin {
    /// QEMU's functions.
    pub api: Api,
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
    /// Which core each of QEMU's threads is for.
    threads: Mutex<HashMap<ThreadId, usize>>,
    watchdog: Once,
    reported: AtomicBool,
}

impl Plugin {
    /// Makes it as the arguments say. The error is a whole sentence.
    pub fn new<'a>(info: &Info, words: impl Iterator<Item = &'a str>) -> Result<Self, String> {
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
                api: api::load::VERSION.load(Ordering::Relaxed),
            },
            memory,
            names: RwLock::new(names),
            phases: Mutex::default(),
            cores: (0..cores).map(|_| Core::default()).collect(),
            turnstile,
            sites: Mutex::default(),
            out: Mutex::new(create(&arguments.out)?),
            trace: Mutex::new(create(&arguments.trace)?),
            threads: Mutex::default(),
            watchdog: Once::new(),
            reported: AtomicBool::new(false),
            arguments,
        })
    }

    /// The one description of an instruction, made when it is translated for the first time.
    pub fn site(
        &self,
        address: u64,
        opcode: u32,
        class: Class,
        name: &'static str,
    ) -> &'static Site {
        lock(&self.sites).entry((address, opcode)).or_insert_with(|| {
            let wide_pair = aarch64::is_wide_pair(opcode);
            Box::leak(Box::new(Site { address, class, name, wide_pair }))
        })
    }

    fn line_name(&self, address: u64) -> String {
        let start = address & !(self.run.line - 1);
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        names.describe_line(start..start + self.run.line)
    }

    /// Something that the guest must not do.
    fn must<T>(&self, result: Result<T, String>) -> T {
        result.unwrap_or_else(|error| {
            self.report();
            end(failure::GUEST, &error)
        })
    }

    /// Whether cores are serialised.
    pub fn schedules(&self) -> bool {
        self.turnstile.is_some()
    }

    /// Any access of any memory, after it has happened.
    #[inline]
    pub fn access(&'static self, core: usize, site: &'static Site, info: u32, address: u64) {
        let first = self.memory.find(address);
        // An unaligned access may reach into the next line, which may be the only one that is watched.
        let next = (address | (self.run.line - 1)) + 1;
        let near = next - address < MOST_BYTES;
        let second = if near { self.memory.find(next) } else { None };
        if first.is_none() && second.is_none() {
            return;
        }
        let store = self.api.is_store(info);
        if matches!(site.class, Class::Atomic | Class::StoreExclusive) && !store {
            return; // its other half
        }
        if site.wide_pair && address & 8 != 0 {
            return; // its upper half, where QEMU reports both
        }
        if let Some(hit) = first {
            self.watched(core, site, store, address, hit);
        }
        if let Some(hit) = second.filter(|_| address + self.api.size(info) > next) {
            self.watched(core, site, store, next, hit);
        }
    }

    fn watched(&self, core: usize, site: &'static Site, store: bool, address: u64, hit: Hit<'_>) {
        let own = &self.cores[core];
        let phase = own.phase.load(Ordering::Relaxed);
        let access = match (site.class, store) {
            (Class::Atomic | Class::LoadExclusive, _) => Access::Atomic,
            (_, true) => Access::Store,
            (_, false) => Access::Load,
        };
        let completes = site.class == Class::StoreExclusive;
        match completes {
            true => self.memory.complete(hit, core, phase, || self.line_name(address)),
            false => self.memory.access(hit, core, phase, access, || self.line_name(address)),
        }
        let Some(turnstile) = self.turnstile_of(core) else { return };
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

    /// The turnstile, if the core takes part in a phase of a schedule.
    fn turnstile_of(&self, core: usize) -> Option<&Turnstile> {
        let turnstile = self.turnstile.as_ref();
        turnstile.filter(|_| self.cores[core].scheduled.load(Ordering::Relaxed))
    }

    /// The core is about to wait without sleeping.
    pub fn spin(&self, core: usize) {
        if let Some(turnstile) = self.turnstile_of(core) {
            turnstile.spin(core);
        }
    }

    /// An atomic of exclusives has ended without a store, as a compare-and-swap that fails does; it was
    /// a step all the same. Also comes before an exclusive load, for those that end without a CLREX.
    pub fn clear_exclusive(&self, core: usize) {
        if let Some(turnstile) = self.turnstile_of(core)
            && self.cores[core].exclusive.swap(false, Ordering::Relaxed)
        {
            turnstile.pass(core);
        }
    }

    /// A core has begun its existence. From version 10.0 on QEMU tells callbacks the wrong core when all
    /// run on one thread (`gen_cpu_index` in accel/tcg/plugin-gen.c takes it for a constant).
    pub fn start(&self, core: usize) {
        let mut threads = lock(&self.threads);
        if let Some(other) =
            threads.insert(thread::current().id(), core).filter(|&other| other != core)
        {
            end(
                failure::SETUP,
                &format!(
                    "cores {other} and {core} run on one thread, and this QEMU mixes them up then; \
                 use -accel tcg,thread=multi and no -icount"
                ),
            );
        }
    }

    /// QEMU has put the core to sleep.
    pub fn idle(&self, core: usize) {
        if let Some(turnstile) = &self.turnstile {
            turnstile.idle(core);
        }
    }
}
