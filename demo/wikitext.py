"""An article as wikitext, with the mark-up and the oddities that a ruwikinews dump has.

{{дата|9 января 2012}}
{{тема|Спорт}}
'''Сборная''' [[w:Велания|Велании]] обыграла ...<ref>{{источник|...}}</ref>

== Источники ==
...
[[Категория:Спорт]]
"""

from random import Random

from demo.articles import Article
from demo.inflection import noun
from demo.records import Sentence, Token, spaced, spans, text
from demo.sentences import MONTHS

TABLE = """{| class="wikitable"
! Показатель !! Значение
|-
| Участников || 24
|-
| Зрителей || colspan="2" | 1&nbsp;200
|}"""

GALLERY = """<gallery>
Файл:Demo 1.jpg|Вид на площадь
Файл:Demo 2.jpg|[[Площадь]] вечером
</gallery>"""


def wikitext(article: Article, random: Random) -> str:
    """Return the whole page; chance decides which oddities it has."""
    blocks = [heading(article, random), *body(article, random)]
    for oddity in (TABLE, GALLERY, "<!-- проверить цифры -->"):
        if random.random() < 0.06:
            blocks.insert(random.randint(2, len(blocks)), oddity)
    return "\n\n".join([*blocks, footer(article, random)])


def heading(article: Article, random: Random) -> str:
    nested = "{{подготовка|статус=готово|{{скрыто|1=[[шаблон]]|2=текст}}}}" if random.random() < 0.2 else ""
    picture = "\n[[Файл:Demo.jpg|мини|250px|К [[новость|новости]]]]" if random.random() < 0.2 else ""
    return f"{{{{дата|{day(article)}}}}}\n{{{{тема|{article.topic}}}}}{nested}{picture}"


def day(article: Article) -> str:
    time = article.time
    return f"{time.day} {noun(MONTHS[time.month - 1], 'gent')} {time.year}"


def body(article: Article, random: Random) -> list[str]:
    paragraphs = [
        " ".join(marked(tokens, random) + reference(random) for tokens in paragraph) for paragraph in article.paragraphs
    ]
    first, _, rest = paragraphs[0].partition(" ")
    if first.isalpha() and random.random() < 0.4:
        paragraphs[0] = f"'''{first}''' {rest}"
    return paragraphs


def reference(random: Random) -> str:
    """Return a note, with a name or without, but seldom."""
    chance = random.random()
    if chance < 0.03:
        return '<ref name="agency">{{источник|название=Сводка|издатель=Агентство}}</ref>'
    return "<ref>По сообщению пресс-службы.</ref>" if chance < 0.06 else ""


def marked(tokens: Sentence, random: Random) -> str:
    """Link some entities of the sentence, and turn some of its spaces into no-break spaces."""
    inside = {index for start, stop, _ in spans(tokens) for index in range(start, stop)}
    links = {start: stop for start, stop, _ in spans(tokens) if random.random() < 0.35}
    parts: list[str] = []
    pairs, index = list(spaced(tokens)), 0
    while index < len(pairs):
        stop = links.get(index, index + 1)
        parts.append(link(tokens[index:stop], random) if index in links else tokens[index].form)
        if pairs[stop - 1][1]:
            parts.append(" " if stop - 1 in inside else blank(tokens[stop - 1], tokens[stop], random))
        index = stop
    return "".join(parts)


def link(tokens: Sentence, random: Random) -> str:
    shown, target = text(tokens), " ".join(token.lemma for token in tokens)
    if shown == target:
        return f"[[{shown}]]"
    prefix = random.choice(("w:", "w:", "w:ru:", "", ":Категория:"))
    return f"[[{prefix}{target}|{shown}]]"


def blank(token: Token, following: Token, random: Random) -> str:
    if following.form == "—":
        return random.choice(("&nbsp;", "\u00a0", " "))
    if token.upos == "NUM" and random.random() < 0.4:
        return random.choice(("&nbsp;", "\u00a0"))
    return " "


def footer(article: Article, random: Random) -> str:
    source = f"{{{{источник|название={article.title}|издатель=Агентство|дата={day(article)}}}}}"
    notes = "\n\n== Примечания ==\n{{примечания}}" if random.random() < 0.5 else ""
    return (
        f"== Источники ==\n* {source}{notes}\n\n{{{{Haveyoursay}}}}\n{{{{категории|{article.topic}}}}}\n"
        f"[[Категория:{day(article)}]]\n[[Категория:{article.topic}]]\n[[Категория:Опубликовано]]"
    )
