//! The few instructions that barriers stand between (Arm ARM, C4.1 "A64 instruction set encoding").

/// An instruction of AArch64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction(pub u32);

/// Those with a name: the bits that are looked at, and what they must be.
const NAMED: [(u32, u32, &str); 34] = [
    (!0, 0xd503_207f, "wfi"),
    (!0, 0xd503_2cdf, "hint arrive"), // `ARRIVE` of crates/cachescope/guest: the WFI of a wait
    (!0, 0xd69f_03e0, "eret"),
    (!0x3e0, 0xd65f_0000, "ret"),
    (!0x1f_ffe0, 0xd440_0000, "hlt"),
    (!0x1f_ffe0, 0xd400_0002, "hvc"),
    (!0x1f_ffe0, 0xd400_0003, "smc"),
    (!0, 0xd508_751f, "ic iallu"),
    (!0, 0xd508_871f, "tlbi vmalle1"),
    (!0x1f, 0xd50b_7a20, "dc cvac"),
    (!0x1f, 0xd53b_e040, "mrs cntvct_el0"),
    (!0x1f, 0xd51b_4220, "msr daif"),
    (!0x1f, 0xd518_1000, "msr sctlr_el1"),
    (!0x1f, 0xd518_2000, "msr ttbr0_el1"),
    (!0x1f, 0xd518_2040, "msr tcr_el1"),
    (!0x1f, 0xd518_a200, "msr mair_el1"),
    (!0x1f, 0xd518_c000, "msr vbar_el1"),
    (!0x1f, 0xd51c_c000, "msr vbar_el2"),
    (!0x1f, 0xd51e_c000, "msr vbar_el3"),
    (!0x1f, 0xd51c_1100, "msr hcr_el2"),
    (!0x1f, 0xd51c_c9a0, "msr icc_sre_el2"),
    (!0x1f, 0xd51c_cb00, "msr ich_hcr_el2"),
    (!0x1f, 0xd518_cba0, "msr icc_sgi1r_el1"),
    (!0x1f, 0xd51c_0000, "msr vpidr_el2"),
    (!0x1f, 0xd51c_00a0, "msr vmpidr_el2"),
    (!0x1f, 0xd51c_1140, "msr cptr_el2"),
    (!0x1f, 0xd51c_1160, "msr hstr_el2"),
    (!0x1f, 0xd51c_4000, "msr spsr_el2"),
    (!0x1f, 0xd51c_4020, "msr elr_el2"),
    (!0x1f, 0xd51c_e060, "msr cntvoff_el2"),
    (!0x1f, 0xd51c_e100, "msr cnthctl_el2"),
    (!0x1f, 0xd518_d080, "msr tpidr_el1"),
    (!0xf00, 0xd503_40df, "msr daifset"),
    (!0x100, 0xd500_40bf, "msr spsel"),
];

/// What a DSB or a DMB reaches (Arm ARM, "DMB", CRm).
const DOMAINS: [&str; 16] = [
    "0", "oshld", "oshst", "osh", "4", "nshld", "nshst", "nsh", "8", "ishld", "ishst", "ish", "12",
    "ld", "st", "sy",
];

impl Instruction {
    fn is(self, mask: u32, value: u32) -> bool {
        self.0 & mask == value
    }

    /// Returns its name, if it is a barrier or one of those that need one.
    pub fn name(self) -> Option<String> {
        let domain = DOMAINS[(self.0 >> 8 & 0xf) as usize];
        match self.0 & 0xffff_f0ff {
            0xd503_309f => return Some(format!("dsb {domain}")),
            0xd503_30bf => return Some(format!("dmb {domain}")),
            0xd503_30df => return Some("isb".to_owned()),
            _ => {}
        }
        let named = NAMED.iter().find(|(mask, value, _)| self.is(*mask, *value));
        let other = || self.is(0xfff8_f000, 0xd508_8000).then(|| "tlbi".to_owned());
        named.map(|(.., name)| (*name).to_owned()).or_else(other)
    }

    /// Returns whether it has this name.
    pub fn is_named(self, name: &str) -> bool {
        self.name().is_some_and(|own| own == name)
    }

    /// Returns whether it calls a function: BL or BLR.
    pub fn is_call(self) -> bool {
        self.is(0xfc00_0000, 0x9400_0000) || self.is(0xffff_fc1f, 0xd63f_0000)
    }

    /// Returns how far a BL leads, in bytes.
    pub fn called(self) -> Option<i64> {
        let words = (self.0 << 6) as i32 >> 6;
        self.is(0xfc00_0000, 0x9400_0000).then_some(4 * i64::from(words))
    }

    /// Returns how far a B leads, in bytes.
    pub fn jumps(self) -> Option<i64> {
        let words = (self.0 << 6) as i32 >> 6;
        self.is(0xfc00_0000, 0x1400_0000).then_some(4 * i64::from(words))
    }

    /// Returns how far a branch on a condition leads, in bytes: B.cond, CBZ or CBNZ.
    pub fn branches(self) -> Option<i64> {
        let words = (self.0 << 8) as i32 >> 13;
        let conditional = self.is(0xff00_0010, 0x5400_0000) || self.is(0x7e00_0000, 0x3400_0000);
        conditional.then_some(4 * i64::from(words))
    }

    /// Returns whether it writes memory as part of a read-modify-write: an exclusive store, or an atomic
    /// instruction of FEAT_LSE.
    pub fn updates(self) -> bool {
        self.is(0x3fe0_0000, 0x0800_0000) || self.is(0x3b20_0c00, 0x3820_0000)
    }

    /// Returns whether it reads memory other than the stack, or else `writes` it.
    fn accesses(self, load: bool) -> bool {
        let on_stack = self.0 >> 5 & 31 == 31;
        let exclusive = self.is(0x3f00_0000, 0x0800_0000); // and ordered, as LDAR
        let pair = self.is(0x3a00_0000, 0x2800_0000);
        let single = self.is(0x3a00_0000, 0x3800_0000);
        let loads = match single {
            true => self.0 & 0x00c0_0000 != 0,
            false => self.0 & 0x0040_0000 != 0,
        };
        (exclusive || pair || single) && !on_stack && loads == load
    }

    /// Returns whether it reads memory other than the stack.
    pub fn loads(self) -> bool {
        self.accesses(true)
    }

    /// Returns whether it writes memory other than the stack.
    pub fn stores(self) -> bool {
        self.accesses(false)
    }
}

#[cfg(test)]
impl Instruction {
    /// Returns the instruction with this name.
    pub fn of(name: &str) -> Instruction {
        let crm =
            name.split_once(' ').and_then(|(_, end)| DOMAINS.iter().position(|it| *it == end));
        let barrier = |base: u32| Instruction(base | (crm.unwrap_or(15) as u32) << 8);
        match name.split(' ').next() {
            Some("dsb") => barrier(0xd503_309f),
            Some("dmb") => barrier(0xd503_30bf),
            Some("isb") => barrier(0xd503_30df),
            _ => Instruction(NAMED.iter().find(|(.., own)| *own == name).expect(name).1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn barriers_and_registers_have_their_names() {
        let name = |word| Instruction(word).name().unwrap_or_default();
        let some = [0xd503_3bbf, 0xd503_3a9f, 0xd503_3f9f, 0xd503_3fdf, 0xd508_8368, 0xd65f_03c0];
        assert_eq!(some.map(name), ["dmb ish", "dsb ishst", "dsb sy", "isb", "tlbi", "ret"]);
        // msr sctlr_el1, x1; dc cvac, x9; mrs x8, cntvct_el0; hlt #0xf000; nop
        let some = [0xd518_1001, 0xd50b_7a29, 0xd53b_e048, 0xd45e_0000, 0xd503_201f];
        assert_eq!(some.map(name), ["msr sctlr_el1", "dc cvac", "mrs cntvct_el0", "hlt", ""]);
        assert!(Instruction(0xd508_871f).is_named("tlbi vmalle1"));
    }

    #[test]
    fn every_name_is_that_of_its_own_instruction() {
        for (.., name) in NAMED {
            assert!(Instruction::of(name).is_named(name), "{name}");
        }
        for name in ["dsb ishst", "dsb nsh", "dsb sy", "dmb ishld", "isb"] {
            assert!(Instruction::of(name).is_named(name), "{name}");
        }
    }

    #[test]
    fn accesses_are_known_and_the_stack_is_left_out() {
        // ldr x26, [x1, #8]; ldar x8, [x8]; ldp x8, x9, [x0]; ldrb w8, [x25, x1]
        let loads = [0xf940_043a, 0xc8df_fd08, 0xa940_2408, 0x3861_6b28].map(Instruction);
        assert!(loads.iter().all(|one| one.loads() && !one.stores()));
        // str x22, [x19, #72]; stp x0, x1, [x2]; stlr x0, [x1]
        let stores = [0xf900_2676, 0xa900_0440, 0xc89f_fc20].map(Instruction);
        assert!(stores.iter().all(|one| one.stores() && !one.loads()));
        // ldr x8, [sp, #8]; stp x29, x30, [sp, #112]; movk x8, #40503, lsl #48; mul x8, x0, x8
        let neither = [0xf940_07e8, 0xa907_7bfd, 0xf2f3_c6e8, 0x9b08_7c08].map(Instruction);
        assert!(neither.iter().all(|one| !one.loads() && !one.stores()));
    }

    #[test]
    fn calls_and_updates_are_known() {
        assert_eq!(Instruction(0x9400_0002).called(), Some(8));
        assert_eq!(Instruction(0x97ff_ffff).called(), Some(-4));
        assert_eq!([0x1400_0002, 0x17ff_ffff].map(|b| Instruction(b).jumps()), [Some(8), Some(-4)]);
        assert_eq!(Instruction(0x9400_0002).jumps(), None);
        // b.ne -12; cbnz w9, -12; b.hs 16; b -4 is on no condition
        let some = [0x54ff_ffa1, 0x35ff_ffa9, 0x5400_0082, 0x17ff_ffff].map(Instruction);
        assert_eq!(some.map(Instruction::branches), [Some(-12), Some(-12), Some(16), None]);
        assert!(Instruction(0xd63f_0320).is_call() && !Instruction(0xd65f_03c0).is_call()); // blr x25
        // stxr w9, x8, [x23]; ldset x1, x2, [x3]; not ldxr, not stlr
        assert!(Instruction(0xc809_7ee8).updates() && Instruction(0xf821_3062).updates());
        assert!(!Instruction(0xc85f_7ee8).updates() && !Instruction(0xc89f_fc20).updates());
    }
}
