"""The articles as a MediaWiki XML export (schema 0.11, bz2), among the other pages that a dump has."""

import bz2
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from xml.sax.saxutils import escape, quoteattr

from demo.articles import START, articles
from demo.settings import DemoSettings
from demo.wikitext import wikitext

NAMESPACES = {
    -2: "Медиа", -1: "Служебная", 0: "", 1: "Обсуждение", 2: "Участник", 3: "Обсуждение участника",
    4: "Викиновости", 5: "Обсуждение Викиновостей", 6: "Файл", 7: "Обсуждение файла",
    8: "MediaWiki", 9: "Обсуждение MediaWiki", 10: "Шаблон", 11: "Обсуждение шаблона",
    12: "Справка", 13: "Обсуждение справки", 14: "Категория", 15: "Обсуждение категории",
    100: "Портал", 101: "Обсуждение портала", 102: "Комментарии", 103: "Обсуждение комментариев",
    828: "Модуль", 829: "Обсуждение модуля",
}  # fmt: skip

SCHEMA = "http://www.mediawiki.org/xml/export-0.11"
HEADER = (
    f'<mediawiki xmlns="{SCHEMA}/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    f'xsi:schemaLocation="{SCHEMA}/ {SCHEMA}.xsd" version="0.11" xml:lang="ru">\n'
    "  <siteinfo>\n    <sitename>Викиновости</sitename>\n    <dbname>ruwikinews</dbname>\n"
    "    <base>https://ru.wikinews.org/wiki/</base>\n    <generator>MediaWiki 1.41.0</generator>\n"
    "    <case>first-letter</case>\n    <namespaces>\n"
)

# Pages that are not news and must not become documents.
OTHER_PAGES = (
    (0, "Заглавная страница", "{{Заглавная/Шапка}}\n<div>{{Последние новости}}</div>\n__NOEDITSECTION__"),
    (0, "Пустая страница", ""),
    (0, "Страница из шаблонов", "{{дата|9 января 2012}}\n{{тема|{{спорт}}}}\n[[Категория:Заготовки]]"),
    (1, "Обсуждение:Заглавная страница", "Предлагаю обновить шапку. --[[Участник:Редактор|Редактор]] 10:00"),
    (2, "Участник:Редактор", "Пишу новости о спорте."),
    (4, "Викиновости:Стиль", "== Правила ==\nПишите кратко."),
    (6, "Файл:Demo.jpg", "{{Information|description=Площадь}}"),
    (8, "MediaWiki:Sidebar", "* navigation\n** mainpage|mainpage"),
    (10, "Шаблон:Дата", "<includeonly>'''{{{1|}}}'''[[Категория:{{{1}}}]]</includeonly>"),
    (14, "Категория:Спорт", "Новости о спорте.\n[[Категория:Темы]]"),
    (100, "Портал:Спорт", "{{Портал/Шапка}}\nВсе новости спорта."),
    (102, "Комментарии:Заглавная страница", "Спасибо за новости!"),
    (828, "Модуль:Новости", "local p = {}\nreturn p"),
)
REDIRECTS = ("#перенаправление [[{}]]", "#REDIRECT [[{}]]", "#ПЕРЕНАПРАВЛЕНИЕ [[{}]]\n[[Категория:Архив]]")


@dataclass(frozen=True)
class Page:
    number: int
    namespace: int
    title: str
    text: str
    time: datetime = START
    redirect: str | None = None


def write_news(path: Path, settings: DemoSettings) -> None:
    xml = HEADER + "".join(map(namespace_xml, NAMESPACES)) + "    </namespaces>\n  </siteinfo>\n"
    xml += "".join(map(page_xml, pages(settings))) + "</mediawiki>\n"
    path.write_bytes(bz2.compress(xml.encode(), 9))


def pages(settings: DemoSettings) -> Iterator[Page]:
    """In order of page id, as in a real dump: other pages, articles, redirects to the first articles."""
    random = Random(f"{settings.seed}/wikitext")
    titles = []
    for number, (namespace, title, content) in enumerate(OTHER_PAGES, 1):
        yield Page(number, namespace, title, content)
    for number, article in enumerate(articles(settings), 100):
        titles.append(article.title)
        yield Page(number * 3, 0, article.title, wikitext(article, random), article.time)
    for number, (title, pattern) in enumerate(zip(titles, REDIRECTS, strict=False)):
        old = f"{title} (перенаправление)"
        yield Page(10**6 + number, 0, old, pattern.format(title), redirect=title)


def namespace_xml(key: int) -> str:
    case = "case-sensitive" if key in (828, 829) else "first-letter"
    name = NAMESPACES[key]
    end = f">{name}</namespace>" if name else " />"
    return f'      <namespace key="{key}" case="{case}"{end}\n'


def page_xml(page: Page) -> str:
    redirect = f"    <redirect title={quoteattr(page.redirect)} />\n" if page.redirect else ""
    return (
        f"  <page>\n    <title>{escape(page.title)}</title>\n    <ns>{page.namespace}</ns>\n"
        f"    <id>{page.number}</id>\n{redirect}{revision_xml(page)}  </page>\n"
    )


def revision_xml(page: Page) -> str:
    number = page.number + 2 * 10**6
    size, digest = len(page.text.encode()), sha1(page.text)
    content = f">{escape(page.text)}</text>" if page.text else " />"
    return (
        f"    <revision>\n      <id>{number}</id>\n"
        f"      <timestamp>{page.time.strftime('%Y-%m-%dT%H:%M:%SZ')}</timestamp>\n"
        "      <contributor>\n        <username>Редактор</username>\n        <id>101</id>\n"
        "      </contributor>\n"
        "      <comment>оформление, [[Викиновости:Стиль|стиль]] &amp; &lt;ref&gt;</comment>\n"
        f"      <origin>{number}</origin>\n      <model>wikitext</model>\n"
        "      <format>text/x-wiki</format>\n"
        f'      <text bytes="{size}" sha1="{digest}" xml:space="preserve"{content}\n'
        f"      <sha1>{digest}</sha1>\n    </revision>\n"
    )


def sha1(text: str) -> str:
    """Return the SHA-1 of the text in base 36 with 31 digits, as MediaWiki writes it."""
    value, digits = int(hashlib.sha1(text.encode()).hexdigest(), 16), ""
    while value:
        value, digit = divmod(value, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits.rjust(31, "0")
