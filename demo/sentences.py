"""From a template to tokens: slots filled from a cast, inflected, and verbs put in agreement."""

import re
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from random import Random

from demo.entities import SIZES, TYPES, Deck, Entity, World
from demo.inflection import (
    adjective,
    analyse,
    analysis,
    counted,
    gender,
    noun,
    past,
    third_person,
)
from demo.records import Sentence, Token, capitalised
from demo.templates import BARE_OPENERS, CLOSERS, OPENERS, lines

# Words that may stand before a name, which then is in quotes or not and does not inflect.
INTRODUCTIONS = {
    "TOWN": ("город", "посёлок"),
    "RIVER": ("река",),
    "FIRM": ("компания", "концерн", "холдинг", "корпорация"),
    "TEAM": ("клуб", "команда"),
    "BAND": ("группа", "ансамбль"),
    "PARTY": ("партия", "движение"),
    "PRODUCT": ("смартфон", "планшет", "автомобиль", "прибор"),
    "WORK": ("фильм", "роман", "спектакль", "песня", "альбом"),
}
QUOTED = frozenset(("FIRM", "TEAM", "BAND", "PARTY", "PRODUCT", "WORK"))
MONTHS = """
    январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь
""".split()
WEEKDAYS = ["понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье"]
Agreement = tuple[str, str]  # gender, number


class Cast:
    """The entities that a text is about; each kind is dealt from its own deck."""

    def __init__(self, entities: dict[str, tuple[Entity, ...]], random: Random) -> None:
        self.decks = {kind: Deck(pool, random) for kind, pool in entities.items()}

    @classmethod
    def everyone(cls, world: World, part: str | None, random: Random) -> "Cast":
        return cls({kind: world.pool(kind, part) for kind in SIZES}, random)

    def few(self, random: Random, size: int = 3) -> "Cast":
        """A small cast dealt from this one, so that in the long run everybody is mentioned."""
        return Cast(
            {kind: tuple(deck.deal() for _ in range(size)) for kind, deck in self.decks.items()},
            random,
        )


@dataclass
class Piece:
    """A filled slot. `subject` is set where a verb may agree with it, `verb` where it still has to."""

    tokens: Sentence = field(default_factory=list)
    subject: Agreement | None = None
    verb: tuple[str, str] | None = None  # infinitive, tense


def sentence(template: str, cast: Cast, random: Random) -> Sentence:
    """Return the template as a sentence with capital and full stop; a phrase opens or closes one in three."""
    tokens = clause(template, cast, random)
    if random.random() < 0.2:
        opener = random.choice(lines(OPENERS))
        comma = [] if opener in BARE_OPENERS else [punctuation(",")]
        tokens = clause(opener, cast, random) + comma + tokens
    if random.random() < 0.2:
        tokens += clause(random.choice(lines(CLOSERS)), cast, random)
    return capitalised([*tokens, punctuation(".")])


def clause(template: str, cast: Cast, random: Random) -> Sentence:
    pieces = [piece(item, cast, random) for item in template.split()]
    for index, current in enumerate(pieces):
        if current.verb:
            current.tokens = [finite(*current.verb, nearest_subject(pieces, index))]
    return euphonic([token for each in pieces for token in each.tokens])


def nearest_subject(pieces: list[Piece], index: int) -> Agreement:
    """Return the last nominative before the verb, or the first after it, or an impersonal neuter."""
    for each in [*reversed(pieces[:index]), *pieces[index:]]:
        if each.subject:
            return each.subject
    return "neut", "sing"


def euphonic(tokens: Sentence) -> Sentence:
    """Turn о into об before a vowel."""
    for index, (token, following) in enumerate(pairwise(tokens)):
        if token.form == "о" and following.form[0].lower() in "аиоуэ":
            tokens[index] = token._replace(form="об")
    return tokens


def piece(item: str, cast: Cast, random: Random) -> Piece:
    """Fill one item of a template, which spaces separate; see templates.py for the kinds."""
    if item[0] == "<":
        kinds, case = item[1:-1].split(".")
        return mention(cast.decks[random.choice(kinds.split("|"))].deal(), case, random)
    if item[0] == "(":
        return phrase(item[1:-1], random)
    if item[0] == "[":
        infinitives, _, tense = item[1:-1].partition(":")
        return Piece(verb=(random.choice(infinitives.split("|")), tense or "past"))
    if item.startswith("#("):
        return quantity(item[2:-1], random)
    if item[0] == "{":
        return Piece(VALUES[item[1:-1]](random))
    return Piece([Token(item, *analyse(item))])


def finite(infinitive: str, tense: str, subject: Agreement) -> Token:
    form = past(infinitive, *subject) if tense == "past" else third_person(infinitive, tense, subject[1])
    return Token(form, infinitive, "VERB")


def phrase(item: str, random: Random) -> Piece:
    """`adjectives+nouns.case.number`: agreement within, and a subject if nominative."""
    words, case, *rest = item.split(".")
    number = rest[0] if rest else "sing"
    adjectives, mark, nouns = re.fullmatch(r"(?:([^+?]*)([+?]))?(.*)", words).groups()  # type: ignore[union-attr]
    head = random.choice(nouns.split("|"))
    if not mark and "NOUN" not in parts_of_speech(head):  # (сложный.ablt): a predicate
        return Piece([Token(adjective(head, "ситуация", case), head, "ADJ")])
    tokens = [Token(noun(head, case, number), head, "NOUN")]
    if mark == "+" or (mark == "?" and random.random() < 0.4):
        modifier = random.choice(adjectives.split("|"))
        tokens.insert(0, Token(adjective(modifier, head, case, number), modifier, "ADJ"))
    return Piece(tokens, (gender(head), number) if case == "nomn" else None)


@cache
def parts_of_speech(lemma: str) -> frozenset[str]:
    try:
        return frozenset([str(analysis(lemma, "NOUN").tag.POS)])
    except LookupError:
        return frozenset()


def quantity(item: str, random: Random) -> Piece:
    """`nouns:low-high`: 21 человек, 3 дома. Verbs take the plural, so a number that ends in 1 is avoided."""
    nouns, bounds = item.split(":")
    low, high = map(int, bounds.split("-"))
    count = random.randint(low, high)
    count += count % 10 == 1
    lemma = random.choice(nouns.split("|"))
    return Piece([number(count), Token(counted(lemma, count), lemma, "NOUN")], ("masc", "plur"))


def number(value: int) -> Token:
    return Token(str(value), str(value), "NUM")


def punctuation(mark: str) -> Token:
    return Token(mark, mark, "PUNCT")


def mention(entity: Entity, case: str, random: Random) -> Piece:
    """Return a name bare, in quotes, or after an introducing word; a person in full or by surname."""
    introductions = INTRODUCTIONS.get(entity.kind, ())
    share = 0.4 if entity.kind in QUOTED else 0.15
    introduced = bool(introductions) and case != "name" and random.random() < share
    subject = entity.gender, entity.number
    words = entity.words
    if entity.kind == "PER" and random.random() < 0.5:
        words = words[1:]
    label = TYPES[entity.kind]
    tags = [f"{'I' if index else 'B'}-{label}" for index in range(len(words))]
    name_case = "nomn" if introduced or case == "name" else case
    tokens = [Token(w.form(name_case), w.lemma, w.upos, t) for w, t in zip(words, tags, strict=True)]
    if entity.kind in QUOTED and random.random() < 0.5:
        tokens = [punctuation("«"), *tokens, punctuation("»")]
    if introduced:
        head = random.choice(introductions)
        tokens.insert(0, Token(noun(head, case), head, "NOUN"))
        subject = gender(head), "sing"
    return Piece(tokens, subject if case == "nomn" else None)


def date(random: Random) -> Sentence:
    month = random.choice(MONTHS)
    return [number(random.randint(1, 28)), Token(noun(month, "gent"), month, "NOUN")]


def weekday(random: Random) -> Sentence:
    day = random.choice(WEEKDAYS)
    return [Token(noun(day, "accs"), day, "NOUN")]


def score(random: Random) -> Sentence:
    goals = f"{random.randint(1, 6)}:{random.randint(0, 4)}"
    return [Token(goals, goals, "NUM")]


def percent(random: Random) -> Sentence:
    return [number(random.randint(2, 75)), Token("%", "%", "SYM")]


VALUES = {
    "date": date,
    "weekday": weekday,
    "score": score,
    "percent": percent,
    "year": lambda random: [number(random.randint(1951, 2024))],
    "number": lambda random: [number(random.randint(2, 90))],
}


def roll_call(cast: Cast, random: Random, people: int = 110) -> Sentence:
    """Return one sentence of over 200 words: the pipeline must drop it, and count that it did."""
    opening = clause("в (список.accs) участников вошли", cast, random)
    names: Sentence = []
    for _ in range(people):
        person = cast.decks["PER"].deal()
        first, last = person.words
        names += [
            Token(first.form("nomn"), first.lemma, first.upos, "B-PER"),
            Token(last.form("nomn"), last.lemma, last.upos, "I-PER"),
            punctuation(","),
        ]
    return capitalised([*opening, *names[:-1], punctuation(".")])
