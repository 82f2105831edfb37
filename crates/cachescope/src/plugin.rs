//! Where QEMU, the watched memory, the guest's markers and the scheduler meet.
//!
//! Atomics count once whatever QEMU makes of them: with a thread for each core it reports LDADD as one
//! access that is also a store, with all cores on one thread as a load and a store, and from version
//! 9.2 on always as both; so of its accesses only the store counts. Of the exclusives the load counts,
//! and its store completes it. Of pairs of 64-bit registers QEMU 7.2 reports two halves, later ones one
//! access: only the lower half counts. (LDP and STP can lie anywhere; theirs count as they are.)

mod guest;
mod refusal;
mod results;

use crate::aarch64::{self, Class};
use crate::api::types::Info;
use crate::api::{self, Api};
use crate::arguments::Arguments;
use crate::directory::{Access, MAX_CORES};
use crate::failure::{self, end};
use crate::markers::Decoder;
use crate::memory::{Hit, Memory, lock};
use crate::names::Names;
use crate::report::Run;
use crate::scheduler::Scheduler;
use crate::steps::Steps;
use crate::trace::{Site, Step};
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Mutex, Once, OnceLock, PoisonError, RwLock};
use std::thread::{self, ThreadId};

/// Most bytes of an access that QEMU reports as one (`QEMU_PLUGIN_MEM_VALUE_U128`).
const MOST_BYTES: u64 = 16;

/// What belongs to one core; only its own thread touches it, so that is cheap.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Core {
    /// The phase it takes part in, or 0.
    phase: AtomicU16,
    /// Whether that phase is scheduled.
    scheduled: AtomicBool,
    /// An exclusive load of watched memory has not met its store yet.
    exclusive: AtomicBool,
    decoder: Mutex<Decoder>,
}

/// The whole plugin. There is one, and it is never freed.
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
    scheduler: Option<Scheduler>,
    sites: Mutex<HashMap<(u64, u32), &'static Site>>,
    out: Mutex<Option<File>>,
    trace: Mutex<Option<File>>,
    steps: Option<Steps>,
    /// Which core each of QEMU's threads is for.
    threads: Mutex<HashMap<ThreadId, usize>>,
    watchdog: Once,
    reported: AtomicBool,
    /// A core has begun a phase.
    has_phases: AtomicBool,
    /// The first unseen access outside of phases, once memory is watched.
    outside: OnceLock<&'static Site>,
}

impl Plugin {
    /// Returns the plugin as its arguments describe it. The error is a whole sentence.
    pub fn new<'a>(info: &Info, args: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let arguments = Arguments::parse(args)?;
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
        let scheduler = arguments.schedule.then(|| {
            let Arguments { policy, trace_last, max_steps, deadline, .. } = arguments;
            Scheduler::new(cores, policy, trace_last, max_steps, deadline)
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
            scheduler,
            sites: Mutex::default(),
            out: Mutex::new(create(&arguments.out)?),
            trace: Mutex::new(create(&arguments.trace)?),
            steps: create(&arguments.steps)?.map(Steps::new),
            threads: Mutex::default(),
            watchdog: Once::new(),
            reported: AtomicBool::new(false),
            has_phases: AtomicBool::new(false),
            outside: OnceLock::new(),
            arguments,
        })
    }

    /// Returns the one description of an instruction, made when it is translated for the first time.
    pub fn site(
        &self,
        address: u64,
        opcode: u32,
        class: Class,
        name: &'static str,
    ) -> &'static Site {
        lock(&self.sites).entry((address, opcode)).or_insert_with(|| {
            let wide_pair = aarch64::is_wide_pair(opcode);
            Box::leak(Box::new(Site { address, opcode, class, name, wide_pair }))
        })
    }

    fn line_name(&self, address: u64) -> String {
        let start = address & !(self.run.line - 1);
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        names.describe_line(start..start + self.run.line)
    }

    /// Returns the value, or ends QEMU: an error is something that the guest must not do.
    fn must<T>(&self, result: Result<T, String>) -> T {
        result.unwrap_or_else(|error| {
            failure::be_the_first();
            self.report();
            end(failure::GUEST, &error)
        })
    }

    /// Ends QEMU when nobody can go on.
    fn must_go_on(&self, scheduler: &Scheduler, somebody_can: bool) {
        if !somebody_can {
            failure::be_the_first();
            self.report();
            let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
            end(failure::STUCK, &scheduler.sleepers(&names));
        }
    }

    /// Returns whether cores are serialised.
    pub fn schedules(&self) -> bool {
        self.scheduler.is_some()
    }

    /// Handles any access of any memory, after it has happened.
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
        let start = address & !(self.run.line - 1);
        let scheduler = self.scheduler_of(core);
        if let (Some(steps), false) = (&self.steps, completes) {
            match scheduler {
                Some(_) => steps.line(start, || (self.line_name(address), self.memory.copies(hit))),
                None => steps.forget(start),
            }
        }
        match completes {
            true => self.memory.complete(hit, core, phase, || self.line_name(address)),
            false => self.memory.access(hit, core, phase, access, || self.line_name(address)),
        }
        let Some(scheduler) = scheduler else { return };
        if !completes {
            let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
            let step = Step { core, access, site, address };
            let recorded = scheduler.record(step, names.place(address, hit.start));
            let word = self.steps.as_ref().map(|_| names.describe(address));
            drop(names);
            self.must(recorded);
            if let (Some(steps), Some(word)) = (&self.steps, word) {
                steps.step(&step, start, &word);
            }
        }
        let opens = site.class == Class::LoadExclusive;
        own.exclusive.store(opens, Ordering::Relaxed);
        if !opens {
            scheduler.pass(core);
        }
    }

    /// Returns the scheduler, if the core takes part in a phase that is scheduled.
    fn scheduler_of(&self, core: usize) -> Option<&Scheduler> {
        let scheduler = self.scheduler.as_ref();
        scheduler.filter(|_| self.cores[core].scheduled.load(Ordering::Relaxed))
    }

    /// Handles a core that is about to wait without sleeping.
    pub fn spin(&self, core: usize) {
        if let Some(scheduler) = self.scheduler_of(core) {
            self.must(scheduler.spin(core));
        }
    }

    /// Handles the end of an exclusive without a store, as in a compare-and-swap that fails: it was a step
    /// all the same. It is also called before an exclusive load, for those that end without a CLREX.
    pub fn clear_exclusive(&self, core: usize) {
        if let Some(scheduler) = self.scheduler_of(core)
            && self.cores[core].exclusive.swap(false, Ordering::Relaxed)
        {
            scheduler.pass(core);
        }
    }

    /// Handles the start of a core, on its thread. From version 10.0 on QEMU gives callbacks the wrong core
    /// when all run on one thread (`gen_cpu_index` in accel/tcg/plugin-gen.c takes it for a constant).
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

    /// Handles a core that QEMU has put to sleep.
    pub fn idle(&self, core: usize) {
        if let Some(scheduler) = &self.scheduler {
            self.must_go_on(scheduler, scheduler.idle(core));
        }
    }
}
