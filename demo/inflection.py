"""Russian inflection: pymorphy3 for dictionary words, small paradigm tables for composed names."""

from functools import cache
from typing import Any, NamedTuple

CASES = ("nomn", "gent", "datv", "accs", "ablt", "loct")

# Endings in the order of CASES; the first is that of the dictionary form.
PARADIGMS = {
    "fixed": ("", "", "", "", "", ""),  # Бойко, Дадешвили, Маркян of a woman
    "surname": ("", "а", "у", "а", "ым", "е"),  # Марков, Лукин: instrumental unlike the town's
    "surname-femn": ("а", "ой", "ой", "у", "ой", "ой"),
    "ский": ("ий", "ого", "ому", "ого", "им", "ом"),
    "ская": ("ая", "ой", "ой", "ую", "ой", "ой"),
    "person": ("", "а", "у", "а", "ом", "е"),  # Марчук, Петросян
    "town": ("", "а", "у", "", "ом", "е"),  # Марковск, Марков
    "ово": ("о", "а", "у", "о", "ом", "е"),
    "овка": ("а", "и", "е", "у", "ой", "е"),
    "ома": ("а", "ы", "е", "у", "ой", "е"),
    "ица": ("а", "ы", "е", "у", "ей", "е"),
    "поль": ("ь", "я", "ю", "ь", "ем", "е"),
    "ань": ("ь", "и", "и", "ь", "ью", "и"),
    "ия": ("я", "и", "и", "ю", "ей", "и"),
}

UPOS = {
    "NOUN": "NOUN", "ADJF": "ADJ", "ADJS": "ADJ", "COMP": "ADJ", "VERB": "VERB", "INFN": "VERB",
    "PRTF": "VERB", "PRTS": "VERB", "GRND": "VERB", "NUMR": "NUM", "ADVB": "ADV", "NPRO": "PRON",
    "PRED": "ADV", "PREP": "ADP", "CONJ": "CCONJ", "PRCL": "PART",
}  # fmt: skip

# Frequent words whose first analysis is not the one meant in the templates.
FUNCTION_WORDS = {
    "в": ("в", "ADP"), "на": ("на", "ADP"), "с": ("с", "ADP"), "со": ("с", "ADP"), "к": ("к", "ADP"),
    "о": ("о", "ADP"), "об": ("о", "ADP"), "по": ("по", "ADP"), "и": ("и", "CCONJ"), "а": ("а", "CCONJ"),
    "но": ("но", "CCONJ"), "что": ("что", "SCONJ"), "как": ("как", "SCONJ"), "если": ("если", "SCONJ"),
    "его": ("его", "DET"), "её": ("её", "DET"), "этот": ("этот", "DET"), "был": ("быть", "AUX"),
    "была": ("быть", "AUX"), "было": ("быть", "AUX"), "были": ("быть", "AUX"), "уже": ("уже", "ADV"),
    "ещё": ("ещё", "ADV"), "это": ("это", "PRON"), "все": ("все", "PRON"), "того": ("то", "PRON"),
    "нашли": ("найти", "VERB"), "тем": ("то", "PRON"), "этом": ("это", "PRON"),
    "году": ("год", "NOUN"), "года": ("год", "NOUN"),
}  # fmt: skip

COUNT_FORMS = {"людей": "человек", "годов": "лет"}  # 5 человек, 5 лет


class Word(NamedTuple):
    """A word of a name with its six case forms."""

    lemma: str
    upos: str
    forms: tuple[str, ...]

    def form(self, case: str) -> str:
        return self.forms[CASES.index(case)]


def composed(stem: str, paradigm: str, upos: str = "PROPN") -> Word:
    forms = tuple(stem + ending for ending in PARADIGMS[paradigm])
    return Word(forms[0], upos, forms)


def named(lemma: str, number: str = "sing", upos: str = "PROPN") -> Word:
    """A dictionary noun used as a name, with a capital: сокол -> Сокол, ключ plur -> Ключи."""
    forms = tuple(noun(lemma, case, number).capitalize() for case in CASES)
    return Word(forms[0] if upos == "PROPN" else lemma, upos, forms)


@cache
def morphology() -> Any:
    import pymorphy3

    return pymorphy3.MorphAnalyzer(lang="ru")


@cache
def analysis(lemma: str, *parts: str) -> Any:
    """Return the first analysis of a dictionary form as one of the parts of speech; a LookupError without one."""
    for parse in morphology().parse(lemma):
        if parse.normal_form == lemma and parse.tag.POS in parts:
            return parse
    raise LookupError(f"{lemma!r} is not known as {' or '.join(parts)}: correct the word lists of the demo")


def inflected(lemma: str, parts: tuple[str, ...], *grammemes: str) -> str:
    form = analysis(lemma, *parts).inflect(frozenset(grammemes))
    if form is None:
        raise LookupError(f"{lemma!r} has no form {' '.join(grammemes)}: correct the word lists of the demo")
    return str(form.word)


@cache
def noun(lemma: str, case: str, number: str = "sing") -> str:
    known = analysis(lemma, "NOUN").inflect(frozenset((case, number)))
    if known is None and case == "loc2":  # the second locative, which few words have: на мосту
        return noun(lemma, "loct", number)
    return inflected(lemma, ("NOUN",), case, number)


@cache
def gender(lemma: str) -> str:
    return str(analysis(lemma, "NOUN").tag.gender)


@cache
def adjective(lemma: str, head: str, case: str, number: str = "sing") -> str:
    """Return the adjective in agreement with the noun `head`."""
    case = "loct" if case == "loc2" else case
    agreement = ["plur"] if number == "plur" else [gender(head)]
    if case == "accs" and (number == "plur" or agreement == ["masc"]):
        agreement.append(str(analysis(head, "NOUN").tag.animacy))
    return inflected(lemma, ("ADJF",), case, *agreement)


@cache
def past(lemma: str, subject_gender: str, number: str) -> str:
    agreement = ["plur"] if number == "plur" else ["sing", subject_gender]
    return inflected(lemma, ("INFN", "VERB"), "VERB", "past", *agreement)


@cache
def third_person(lemma: str, tense: str, number: str) -> str:
    return inflected(lemma, ("INFN", "VERB"), "VERB", "indc", tense, "3per", number)


@cache
def counted(lemma: str, number: int) -> str:
    """Return the noun as it stands after a number: 1 дом, 2 дома, 5 домов."""
    form = str(analysis(lemma, "NOUN").make_agree_with_number(number).word)
    return COUNT_FORMS.get(form, form)


@cache
def analyse(form: str) -> tuple[str, str]:
    """Return lemma and UPOS of a word written out in a template."""
    if form in FUNCTION_WORDS:
        return FUNCTION_WORDS[form]
    if not any(letter.isalnum() for letter in form):
        return form, "PUNCT"
    if not form[0].isalpha():
        return form, "NUM"
    parse = morphology().parse(form)[0]
    return parse.normal_form, UPOS.get(str(parse.tag.POS), "X")
