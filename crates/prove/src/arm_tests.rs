use super::*;

#[test]
fn only_the_expected_verdict_of_both_deciders_is_good() {
    let said = |verdict, happens| Decision { verdict, happens };
    let never = said(Verdict::Never, true);
    let fine = |expected, our, their| compare(expected, true, our, their).1;
    assert!(fine(Verdict::Never, never, None) && fine(Verdict::Never, never, Some(never)));
    assert!(!fine(Verdict::Sometimes, never, Some(never)));
    assert!(!fine(Verdict::Never, never, Some(said(Verdict::Sometimes, true))));
    assert!(!fine(Verdict::Never, never, Some(said(Verdict::Never, false))));
    assert!(!fine(Verdict::Never, said(Verdict::Never, false), None));
    assert!(compare(Verdict::Never, false, said(Verdict::Never, false), Some(never)).1);
}

fn test(title: &str, expected: Verdict, text: &str) -> Test {
    let (title, text) = (title.to_owned(), text.to_owned());
    Test { title, expected, text, happens: false, quick: false }
}

#[test]
fn every_test_must_be_as_expected() {
    let tests = [test("a, b", Verdict::Never, ""), test("c", Verdict::Sometimes, "")];
    let said = |verdict| Decision { verdict, happens: false };
    let ours = |verdict| {
        Decisions::from([
            ("a-b".to_owned(), said(verdict)),
            ("c".to_owned(), said(Verdict::Sometimes)),
        ])
    };
    let report = |ours: &Decisions| report(&tests, ours, &Decisions::new());
    assert_eq!(report(&ours(Verdict::Never)), Ok(true));
    assert_eq!(report(&ours(Verdict::Sometimes)), Ok(false));
    let lacks = Decisions::from([("c".to_owned(), said(Verdict::Sometimes))]);
    assert_eq!(report(&lacks), Err("z3 says nothing of a-b".to_owned()));
    let quick = Test { quick: true, ..test("q", Verdict::Never, "") };
    assert_eq!([quick.is_for_herd(false), tests[0].is_for_herd(false)], [true, false]);
    assert!(tests[0].is_for_herd(true));
}

#[test]
fn what_is_asked_already_is_left_out_and_nothing_new_is_an_error() {
    let of = |texts: &[&str]| texts.iter().map(|text| test("t", Verdict::Never, text)).collect();
    let asked = |variants: &[(Option<&str>, &[&str])]| {
        let variants = variants.iter().map(|(what, texts)| (what.map(str::to_owned), of(texts)));
        let tests = without_repeats(variants)?;
        Ok::<_, String>(tests.into_iter().map(|test| test.text).collect::<Vec<_>>().join(" "))
    };
    // The shipped form asks what must be possible as well, in front.
    let one = [(None, &["+a", "b"][..]), (Some("w"), &["a", "c"]), (Some("v"), &["c", "b"])];
    assert_eq!(asked(&one).unwrap(), "+a b c c");
    let two = [(None, &["a"][..]), (Some("w"), &["b"]), (None, &["b"]), (Some("w"), &["a"])];
    assert_eq!(asked(&two).unwrap(), "a b b a");
    let same = [(None, &["a"][..]), (Some("w"), &["a"])];
    assert_eq!(asked(&same).unwrap_err(), "w changes no test: add a scenario");
    assert!(asked(&[(None, &["a"])]).unwrap_err().contains("has its file moved"));
}

#[test]
fn only_the_protocols_orderings_are_compiled() {
    let project = Project::find(String::new()).unwrap();
    let files: Vec<_> =
        orderings::weakened(&project).unwrap().into_iter().filter(of_the_protocol).collect();
    assert!(
        files.len() > 5 && files.iter().all(|one| one.file == "crates/rundown/src/protocol.rs")
    );
}

#[test]
fn tests_are_written_under_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let keep = folder.path().to_owned();
    let project = Project { root: keep.clone(), keep, only: String::new() };
    let (files, straight) = write(&project, &[test("a, b", Verdict::Never, "text\n")]).unwrap();
    assert_eq!(fs::read_to_string(&files[0]).unwrap(), "AArch64 a-b\ntext\n");
    assert!(files.len() == 1 && files[0].ends_with("arm/tests/a-b.litmus") && straight.is_dir());
    write(&project, &[]).unwrap();
    assert!(!files[0].exists(), "what is there of another run is removed");
}

#[test]
fn names_fit_files_and_deciders_and_differ() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("arm");
    let mut names: Vec<String> = controls(&folder).unwrap().iter().map(Test::name).collect();
    assert!(names.len() > 30 && names.contains(&"control-MP-rel-acq".to_owned()));
    names.sort();
    names.dedup();
    assert_eq!(names.len(), controls(&folder).unwrap().len());
}
