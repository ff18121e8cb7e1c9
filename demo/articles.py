"""News articles: a date, a topic, a small cast that returns, two to four paragraphs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from demo.entities import Deck, world
from demo.records import Sentence, capitalised, text
from demo.sentences import Cast, clause, roll_call, sentence
from demo.settings import DemoSettings
from demo.templates import TOPICS

START = datetime(2012, 1, 9, 6, 30)


@dataclass(frozen=True)
class Article:
    title: str
    topic: str
    time: datetime
    paragraphs: tuple[tuple[Sentence, ...], ...]


def articles(settings: DemoSettings) -> Iterator[Article]:
    """Yield articles, 300 of which have about 30,000 tokens; the middle one has a sentence of over 200 words."""
    random = Random(f"{settings.seed}/articles")
    everyone = Cast.everyone(world(settings.seed), None, random)
    patterns = {topic: Deck(templates, random) for topic, templates in TOPICS.items()}
    titles: set[str] = set()
    for index in range(settings.articles):
        topic = random.choice(list(TOPICS))
        cast = everyone.few(random)
        title = new_title(patterns[topic], cast, random, titles)
        paragraphs = [paragraph(patterns[topic], cast, random) for _ in range(random.randint(2, 4))]
        if index == settings.articles // 2:
            paragraphs.append((roll_call(everyone, random),))
        yield Article(title, topic, START + timedelta(hours=7 * index), tuple(paragraphs))


def paragraph(patterns: Deck[str], cast: Cast, random: Random) -> tuple[Sentence, ...]:
    return tuple(sentence(patterns.deal(), cast, random) for _ in range(random.randint(2, 5)))


def new_title(patterns: Deck[str], cast: Cast, random: Random, taken: set[str]) -> str:
    """Return a clause that is not a title yet: two pages of a wiki cannot have the same title."""
    while (title := text(capitalised(clause(patterns.deal(), cast, random)))) in taken:
        pass
    taken.add(title)
    return title
