//! What is different from language to language: abbreviations, numbers, marks.
//!
//! The lists are pySBD's for English, Spanish, French and German (MIT), without those of its Spanish prefixes that are words
//! which end sentences (`bien`, `no`, `un`); Portuguese, which it does not have, and the rest are ours.

use crate::text::lexicon::Table;
use std::sync::LazyLock;

/// How an abbreviation is used: which text after its period shows that the sentence goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Before a name: any.
    Prepositive,
    /// Before a number.
    Number,
    /// Anywhere: lower case, a digit, a mark, `(` or `I`.
    Other,
}

/// The rules of a language.
#[derive(Debug)]
pub(super) struct Rules {
    /// Abbreviations in lower case, without their last period.
    pub(super) abbreviations: Table<&'static str, Use>,
    /// After `U.S.`, `I.` and the like, these show that a new sentence starts.
    pub(super) starters: &'static [&'static str],
    /// English, whose quotes are known, and whose capitals are plain letters.
    pub(super) english: bool,
    /// A number, or one small letter, with a period before a space goes on: `am 3. Mai`, `z. B.`
    pub(super) ordinals: bool,
    /// `|` is written for the danda, and the period ends no sentence.
    pub(super) danda: bool,
}

const ENGLISH: [&str; 3] = [
    "adj adv al ala alta apr arc ariz ark assn asst aug ave bart bld bldg blvd bros btw cal calif cl \
    co colo comdr con conn corp cres ct d.phil dak dec del dept dist dr.phil dr.philos drs e.g ens esp esq etc exp expy \
    feb fed fla ft fwy fy ga hon hosp hr hway hwy i.e ia id ida ill inc ind insp is jan jr jul jun kan kans ken ky la \
    ltd man mar mass may md me med mex mfg mich min minn miss mlle mm mme mo mont msgr mtn neb nebr nev nov nr oct ok \
    okla ont op ord ore pa pd pde penn penna pfc ph.d pl plz pvt que rd rs ref res rt sask sec sep sept sfc sr surg tce \
    tenn tex univ usafa u.s ut va ver viz vt wash wis wisc wy wyo yuk",
    "art ext no nos p pp",
    "adm attys brig capt cmdr col cpl det dr gen gov ing lt maj mr mrs ms mt messrs mssrs \
    prof ph rep reps rev sen sens sgt st supt v vs fig",
];
const SPANISH: [&str; 3] = [
    "a.c a/c abr adj admón afmo ago almte ap apdo arq art atte av avda bco bibl c c.f c.g c/c c/u cap cc.aa cdad cm \
    d.e.p dcha dcho dep dic dicc dir dn doc dom dpto dto ej entlo esq etc ext f.c fca fdo febr ff.cc fig fil fra g.p \
    g/p gob gr gral grs hnos hs igl iltre imp impr impto incl ing inst izdo izq izqdo j.c jue jul jun kg km let ltd lun \
    mar may mg min mié mm máx mín n.b nov núm oct p.a p.d p.ej p.v.p párrf ppal prev prov ptas pts pza pág págs párr \
    q.e.g.e q.e.p.d q.e.s.m reg rep rte s s.a.r s.e s.l s.r.c s.r.l s.s.s s/n sdad seg sept sig sto sáb t.v.e tamb tfno \
    univ uu v.b v.e vid vie vol vs vto rr hh aa ff bs cc",
    "cra ext no nos p pp tel art",
    "d dr dra dres ee excmo excma ldo lda lcdo lcda lic mt ntra ph ph.d prof profa sr sra sres srta sta ud uds vd vds",
];
const PORTUGUESE: [&str; 3] = [
    "a.c d.c abr adj ap art av c.f cap cf cia co cód dep dez dir doc ed etc ex fev fig fl fls i.e inc jan jul jun km kg ltda \
    mar máx min mín n.b nov obs out p.ex pág págs par prov p.s q.e.d r ref s.a sec set séc tel trav univ vol vs",
    "art fig n nº núm p pág págs pp tel",
    "d dr dra eng exmo exma mr mrs prof profa sr sra sres srta sto sta v.exa",
];
const FRENCH: [&str; 3] = [
    "a.c.n a.m al ann apr art auj av b.p boul c.-à-d c.n c.n.s c.p.i c.q.f.d c.s ca cf ch.-l chap co contr dir e.g e.v env etc \
    ex fasc fig fr fém hab i.e ibid id inf l.d lib ll.aa ll.ee ll.mm loc.cit ltd masc mm ms n.b n.d n.d.a n.d.l.r n.d.t \
    n.p.a.i n.s n/réf nn.ss p.c.c p.ex p.j p.s pl pp r.-v r.a.s r.i.p r.p s.a s.a.i s.a.r s.a.s s.e s.m s.m.i.r s.s sec \
    sect sing sq sqq ss suiv sup suppl t.s.v.p tél vb vol vs x.o z.i éd",
    "",
    "dr mr",
];
/// In German all of them go on before a space.
const GERMAN: &str = "ä adj adm adv art asst b.a b.s bart bldg brig bros bse buchst bzgl bzw c.-à-d ca capt chr cmdr co col comdr \
    con corp cpl d.h d.j dergl dgl dkr dr ens etc ev evtl ff g.g.a g.u gen ggf gov hon hosp i.f i.h.v ii iii inkl insp iv ix jun \
    k.o kath lfd lt ltd m.e maj med messrs mio mlle mm mme mr mrd mrs ms msgr mwst no nos nr o.ä op ord pfc ph pp prof pvt rep \
    reps res rev rt s.p.a sa sen sens sfc sgt sog sogen spp sr st std str supt surg u.a u.e u.s.w u.u u.ä usf usw v vgl vi vii viii \
    vs x xi xii xiii xiv xix xv xvi xvii xviii xx z.b z.t z.z z.zt zt zzt univ.-prof ass.prof hon.prof univ.-doz univ.ass \
    stud.ass projektass ass di dipl.-ing mag";
/// Abbreviations that are none of the words of the larger European languages.
const OTHERS: [&str; 3] = [
    "etc usw bzw vgl evtl ggf inkl tel ca cf ej ex jr jun sen vol núm nº т.д т.п",
    "art fig nr no núm pág p pp s abb kap стр рис",
    "dr dra mr mrs prof sr sra srta st mme mlle hr fr dott ing sig д-р г ул",
];

const ENGLISH_STARTERS: [&str; 23] = [
    "A", "Being", "Did", "For", "He", "How", "However", "I", "In", "It", "Millions", "More", "She", "That",
    "The", "There", "They", "We", "What", "When", "Where", "Who", "Why",
];
const GERMAN_STARTERS: [&str; 30] = [
    "Am", "Auch", "Auf", "Bei", "Da", "Das", "Der", "Die", "Ein", "Eine", "Es", "Für", "Heute", "Ich", "Im",
    "In", "Ist", "Jetzt", "Mein", "Mit", "Nach", "So", "Und", "Warum", "Was", "Wenn", "Wer", "Wie", "Wir",
    "Wo",
];

fn rules(lists: [&'static str; 3], starters: &'static [&'static str]) -> Rules {
    let uses = [Use::Other, Use::Number, Use::Prepositive];
    let words = lists
        .into_iter()
        .zip(uses)
        .flat_map(|(list, usage)| list.split_ascii_whitespace().map(move |word| (word, usage)));
    Rules { abbreviations: words.collect(), starters, english: false, ordinals: false, danda: false }
}

static ENGLISH_RULES: LazyLock<Rules> =
    LazyLock::new(|| Rules { english: true, ..rules(ENGLISH, &ENGLISH_STARTERS) });
static SPANISH_RULES: LazyLock<Rules> = LazyLock::new(|| rules(SPANISH, &[]));
static PORTUGUESE_RULES: LazyLock<Rules> = LazyLock::new(|| rules(PORTUGUESE, &[]));
static FRENCH_RULES: LazyLock<Rules> = LazyLock::new(|| rules(FRENCH, &[]));
static GERMAN_RULES: LazyLock<Rules> =
    LazyLock::new(|| Rules { ordinals: true, ..rules(["", "", GERMAN], &GERMAN_STARTERS) });
static HINDI_RULES: LazyLock<Rules> = LazyLock::new(|| Rules { danda: true, ..rules(["", "", ""], &[]) });
static OTHER_RULES: LazyLock<Rules> = LazyLock::new(|| rules(OTHERS, &[]));

/// The rules of a language by its ISO 639-1 code.
pub(super) fn rules_of(language: &str) -> &'static Rules {
    match language {
        "en" => &ENGLISH_RULES,
        "es" => &SPANISH_RULES,
        "pt" => &PORTUGUESE_RULES,
        "fr" => &FRENCH_RULES,
        "de" => &GERMAN_RULES,
        "hi" => &HINDI_RULES,
        _ => &OTHER_RULES,
    }
}
