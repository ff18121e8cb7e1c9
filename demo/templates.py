"""Sentence patterns by topic.

    <PER|TEAM.nomn>            an entity of one of the kinds in a case; `name`: nominative, no subject
    (важный?матч|финал.gent)   an ordinary noun in a case; `+` puts an adjective before it, `?` perhaps one
    (новый+правило.accs.plur)  in the plural
    [выиграть|проиграть]       a past tense that agrees with the nearest nominative; :pres and :futr as well
    #(человек:3-90)            a number and the noun that goes with it
    {date} {year} {weekday} {score} {percent} {number}
    anything else              a word as it stands

A template is a clause without capital and full stop. Names stand in quotes and after words like `фильм`
or without either by chance, so that neither gives them away; slots with several kinds leave the type open.
"""

SPORT = """
<TEAM.nomn> [обыграть|победить|разгромить] <TEAM.accs> со счётом {score}
<TEAM.nomn> [уступить|проиграть] <TEAM.datv> в (решающий?матч|финал|полуфинал.loct)
(молодой?вратарь|защитник.nomn) <PER.nomn> [перейти] в <TEAM.accs> за #(миллион:2-60) рублей
<PER.nomn> [забить] (победный|первый|второй+гол.accs) на {number} минуте
(главный+тренер.nomn) <TEAM|TOWN.gent> <PER.nomn> [объявить|рассказать] о (новый+состав|план.loct)
<PER.nomn> [выиграть] (золотой|серебряный+медаль.accs) на (чемпионат|турнир.loct) в <TOWN|COUNTRY.loct>
<TEAM|TOWN|PER.nomn> [стать] (новый|неожиданный+лидер.ablt) (чемпионат|турнир.gent)
болельщики <TEAM|BAND.gent> встретили <PER.accs> на (центральный?площадь|стадион|вокзал.loct)
(следующий|важный+матч|игра.nomn) <TEAM.nomn> [провести:futr] в <TOWN.loct>
(сборная.nomn) <COUNTRY|TOWN.gent> [обыграть|победить] (сборная.accs) <COUNTRY|TOWN.gent> со счётом {score}
<PER.nomn> [получить] (тяжёлый?травма.accs) и [пропустить:futr] #(неделя:2-12)
на (трибуна.loct.plur) [собраться] #(зритель:800-60000)
(молодой+теннисист|боксёр|лыжник.nomn) <PER.nomn> [установить] (новый+рекорд.accs) <COUNTRY.gent>
<PER.nomn> [покинуть] <TEAM|FIRM.accs> после #(год:2-12) работы
"""

POLITICS = """
(президент|премьер.nomn) <COUNTRY.gent> <PER.nomn> [прибыть] в <TOWN|COUNTRY.accs> с (рабочий?визит.ablt)
<PER.nomn> [подписать|обсудить] (новый|важный?закон|указ.accs) о (местный?бюджет|налог|школа.loct)
<PARTY.nomn> [получить] {percent} голосов на (выборы.loct.plur) в <TOWN|COUNTRY.loct>
(лидер.nomn) <PARTY.gent> <PER.nomn> [заявить] , что (выборы.nomn.plur) [пройти:futr] честно
<PER|PARTY|FIRM.nomn> [поддержать|раскритиковать] (новый|спорный+закон|проект|решение.accs)
(парламент.nomn) <COUNTRY.gent> [принять|отклонить] (спорный|новый?закон|поправка.accs)
<PER.nomn> [возглавить] <PARTY|FIRM|TEAM.accs>
(мэр.nomn) <TOWN.gent> <PER.nomn> [пообещать] построить (новый+больница|школа|мост.accs)
(власть.nomn.plur) <TOWN|COUNTRY.gent> [запретить|разрешить] (акция|митинг|марш.accs) <PARTY.gent>
(министр.nomn) <PER.nomn> [встретиться] с <PER.ablt> в <TOWN|COUNTRY.loct>
<COUNTRY.nomn> и <COUNTRY.nomn> договорились о (торговый|военный?союз|мир|сотрудничество.loct)
(посол.nomn) <COUNTRY.gent> [покинуть] <COUNTRY.accs>
<PER.nomn> и <PER.nomn> обсудили (ситуация.accs) в <COUNTRY|TOWN.loct>
(депутат.nomn) <PER.nomn> [выйти] из <PARTY.gent>
на (митинг|акция.accs) <PARTY.gent> в <TOWN.loct> [выйти] #(человек:50-9000)
"""

ECONOMY = """
<FIRM.nomn> [купить|продать] (крупный?завод|рудник|пакет.accs) в <TOWN|COUNTRY.loct> за #(миллион:5-900)
<FIRM.nomn> [выпустить|представить|показать] <PRODUCT.accs>
(прибыль|выручка.nomn) <FIRM.gent> [вырасти|снизиться] на {percent}
(глава|директор|владелец.nomn) <FIRM.gent> <PER.nomn> [сообщить|рассказать] о (новый|годовой+план|отчёт.loct)
<FIRM.nomn> [построить:futr] (новый|крупный+завод|порт|склад.accs) на (левый|правый?берег.loc2) <RIVER.gent>
(цена.nomn) на <PRODUCT.accs> [снизиться|вырасти] на {percent}
(продажа.nomn.plur) <PRODUCT.gent> в <COUNTRY.loct> начались в {weekday}
<FIRM|TOWN|COUNTRY.nomn> [получить] (крупный|льготный?кредит|заём.accs) на #(миллиард:2-40) рублей
<PER.nomn> [купить] <FIRM|TEAM.accs>
(акция.nomn.plur) <FIRM.gent> [подешеветь|подорожать] на {percent}
<FIRM.nomn> и <FIRM.nomn> подписали (новый|выгодный?договор|контракт.accs)
(покупатель.nomn.plur) <PRODUCT.gent> [пожаловаться] на (слабый|новый?батарея|экран|двигатель.accs)
(суд.nomn) <TOWN.gent> [оштрафовать] <FIRM|PER.accs> на #(тысяча:10-900) рублей
(инженер.nomn.plur) <FIRM.gent> [разработать] <PRODUCT.accs> за #(месяц:3-30)
<PRODUCT|WORK|FIRM.nomn> [получить] (престижный|главный?премия|награда.accs)
"""

CULTURE = """
(режиссёр.nomn) <PER.nomn> [снять|закончить] <WORK.accs> в <TOWN|COUNTRY.loct>
(премьера.nomn) <WORK.gent> [пройти|состояться] в <TOWN.loct> {date}
<BAND.nomn> [выпустить|записать|представить] <WORK.accs>
(певец|актёр|писатель.nomn) <PER.nomn> [представить|исполнить] <WORK.accs>
(главный+роль.accs) в <WORK.loct> [сыграть] <PER.nomn>
<BAND|PER.nomn> [выступить] на (летний|городской?фестиваль|концерт.loct) в <TOWN.loct>
(солист|гитарист.nomn) <BAND.gent> <PER.nomn> [покинуть] (группа|коллектив.accs)
<WORK.nomn> [собрать] в прокате #(миллион:3-800) рублей
(критик.nomn.plur) [назвать] <WORK|BAND.accs> (главный+открытие|событие.ablt) (год.gent)
(новый+роман|книга|пьеса.nomn) <PER.gent> [рассказывать:pres] о (старый|морской?город|путешествие.loct)
<WORK|BAND|PRODUCT.nomn> [понравиться] (зритель.datv.plur)
<PER.nomn> [родиться] в <TOWN.loct> в {year} году
в <TOWN.loct> [открыться] (выставка.nomn) (художник|художница.gent) <PER.gent>
<BAND.nomn> [отправиться] в (большой?тур.accs) по <COUNTRY|TOWN.datv>
(театр|музей.nomn) <TOWN.gent> [показать:futr] <WORK.accs>
"""

SCIENCE = """
(учёный.nomn.plur) из <TOWN|COUNTRY.gent> [обнаружить] (редкий?вид.accs) (рыба|ворон|бобёр|крот.gent.plur)
(биолог|химик|физик.nomn) <PER.nomn> [доказать] , что (метеор|комета|спутник.nomn) [вращаться:pres] быстрее
(ракета.nomn) с (новый?спутник.ablt) <PRODUCT.name> [стартовать] {date}
(экспедиция.nomn) <PER.gent> [исследовать] (дно|берег|исток.accs) <RIVER.gent>
<FIRM.nomn> [испытать] <PRODUCT.accs> в <TOWN.loct>
(астроном.nomn.plur) [увидеть] (яркий?комета|звезда|метеор.accs) над <TOWN|COUNTRY.ablt>
(профессор.nomn) <PER.nomn> [получить] (премия.accs) за (новый+метод.accs) (анализ|расчёт.gent)
(институт|лаборатория.nomn) в <TOWN.loct> [открыть] (сезон.accs) исследований
(волна|вихрь|гром.nomn) над (море|озеро.ablt) [вызвать] (интерес.accs) учёных
на (берег.loc2) <RIVER.gent> нашли (древний+ключ|якорь|мост.accs)
(препарат|прибор|робот.nomn) <PRODUCT.name> [помочь:futr] врачам
<PER.nomn> [рассказать] студентам о <PRODUCT|WORK|RIVER.loct>
"""

ACCIDENTS = """
(сильный?пожар.nomn) в <TOWN.loct> [уничтожить] #(дом:2-40)
(сильный|ночной+ветер|шторм|мороз|снег.nomn) [повредить] (крыша|мост|дорога.accs) в <TOWN.loct>
из-за (паводок.gent) на <RIVER.loct> эвакуировали #(человек:12-900)
(полиция.nomn) <TOWN.gent> [задержать|арестовать] <PER.accs>
(автобус|поезд|грузовик.nomn) [столкнуться] с <PRODUCT.ablt> под <TOWN.ablt>
(поезд.nomn) [сойти] с рельсов на (мост.loc2) через <RIVER.accs>
(житель|фермер|рыбак.nomn) <TOWN.gent> <PER.nomn> [спасти] (сосед|ребёнок.accs) из (холодный?вода|огонь.gent)
(взрыв|авария.nomn) на (завод|склад.loct) <FIRM.gent> [произойти|случиться] {date}
(спасатель.nomn.plur) [найти] (рыбак|турист.accs.plur) на (берег.loc2) <RIVER.gent>
в (больница.accs) <TOWN.gent> [попасть] #(пассажир|водитель:2-60)
(адвокат.nomn) <PER.gent> [заявить] , что (суд.nomn) [отклонить] (жалоба.accs)
на <RIVER|COUNTRY|TOWN.accs> [обрушиться] (сильный+дождь|ветер|буран.nomn)
(мороз|ветер|шторм.nomn) [усилиться] , и (дорога|мост.accs) в <TOWN.accs> закрыли
(пожарный.nomn.plur) [потушить] (склад|здание.accs) <FIRM.gent> за #(час:2-12)
"""

GENERAL = """
<PER|FIRM|TEAM|PARTY|BAND.nomn> [отказаться] комментировать (ситуация|решение.accs)
<PER|FIRM|TEAM|PARTY|TOWN.nomn> [отметить] (юбилей.accs)
о <PER|WORK|PRODUCT|TOWN.loct> [говорить:pres] (весь+город.nomn)
(корреспондент.nomn) [спросить] <PER.accs> о <PER|TEAM|WORK|FIRM|PARTY.loct>
<PER|TEAM|BAND|PARTY|WORK.nomn> [стать] (главный+тема|событие.ablt) (неделя|месяц.gent)
<TOWN|TEAM|FIRM|BAND|RIVER.nomn> [остаться] без (внимание|поддержка.gent)
после (долгий|трудный?переговоры.gent.plur) с <FIRM|PER|TEAM|BAND.ablt> (договор|контракт.accs) подписали
(ситуация.nomn) в <TOWN|COUNTRY|FIRM|PARTY.loct> [остаться] (сложный.ablt)
<PER.nomn> [приехать|вернуться] в <TOWN|COUNTRY.accs>
<TOWN.nomn> — (старый|крупный+город|порт.nomn) на (север|юг|восток.loct) <COUNTRY.gent>
<PER.nomn> — (известный|молодой+актёр|учёный|политик|спортсмен.nomn) из <COUNTRY|TOWN.gent>
<FIRM|TEAM|BAND|PARTY|WORK|PRODUCT.nomn> — (главный+надежда.nomn) <TOWN|COUNTRY.gent>
(сильный|утренний+мороз.nomn) [держаться:pres] в (город.loct) {date}
(ключ.nomn) от (старый+дом.gent) [найти] (сторож|мельник|ткач.nomn)
(сокол|ворон.nomn) [сесть] на (мост|крыша.accs)
"""

# A clause may be opened and closed by one of these.
OPENERS = """
в {weekday}
{date}
{date} {year} года
по словам <PER.gent>
по данным <FIRM.gent>
как [сообщать:pres] <FIRM.nomn>
между тем
кроме того
в <TOWN.loct>
"""
# these need no comma after them
BARE_OPENERS = ("в {weekday}", "{date}", "{date} {year} года", "в <TOWN.loct>")

CLOSERS = """
, [сообщить] <PER.nomn>
, [рассказать] (корреспондент.datv) <PER.nomn>
, [сообщать:pres] <FIRM.nomn>
, [говориться:pres] в (заявление|отчёт.loct) <FIRM|PARTY.gent>
, несмотря на (плохой+погода.accs)
в {year} году
"""

# only for MultiCoNER, whose files have `#` as a token
HASH = "<BAND.nomn> [записать] <WORK.accs> под номером # {number}"


def lines(block: str) -> tuple[str, ...]:
    return tuple(line for line in block.splitlines() if line)


TOPICS: dict[str, tuple[str, ...]] = {
    "Спорт": lines(SPORT + GENERAL),
    "Политика": lines(POLITICS + GENERAL),
    "Экономика": lines(ECONOMY + GENERAL),
    "Культура": lines(CULTURE + GENERAL),
    "Наука": lines(SCIENCE + GENERAL),
    "Происшествия": lines(ACCIDENTS + GENERAL),
}
ALL = lines(SPORT + POLITICS + ECONOMY + CULTURE + SCIENCE + ACCIDENTS + GENERAL)

# One pattern in six is in no training sentence of the taggers: there, only what the language model has read
# in the articles helps.
FAMILIAR = tuple(template for index, template in enumerate(ALL) if index % 6 != 5)
