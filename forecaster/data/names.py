"""Usual names of columns, in any case and spelling, in English, Chinese and, of prices, German."""

from __future__ import annotations

import re
from collections.abc import Iterable

ID_NAMES = (
    *("uniqueid", "itemid", "seriesid", "series", "customerid", "customer", "userid", "user"),
    *("clientid", "client", "tscode", "ticker", "symbol", "seqid", "sequenceid", "deviceid"),
    *("machineid", "storeid", "productid", "sku", "item", "store", "stockcode", "stock", "asset"),
    *("code", "stationid", "station", "sensorid", "sensor", "meterid", "patientid", "accountid"),
    *("memberid", "member", "id", "用户id", "用户", "客户id", "客户", "会员id", "会员", "会员卡号"),
    *("股票代码", "证券代码", "代码", "用户编号", "客户编号", "编号", "门店", "商品", "名称"),
    *("会员编号", "会员号", "顾客", "顾客id", "顾客编号", "卡号", "设备", "设备编号", "门店编号", "商品编号"),
)
# Names that may as well number the rows.
ROW_NAMES = ("id", "code", "name", "编号", "代码", "名称")
TICKER_NAMES = (
    *("tscode", "ticker", "symbol", "股票代码", "证券代码", "代码", "stockcode", "code", "stock", "asset"),
    *("security", "secid", "instrument", "isin", "ric", "wkn", "permno", "pair", "kürzel"),
    *("uniqueid", "itemid", "name", "id", "名称", "股票名称", "证券简称"),
)
TIME_NAMES = (
    *("ds", "timestamp", "datetime", "date", "time", "tradedate", "tradetime", "stamp", "ts", "dt"),
    *("eventtime", "eventdate", "createdat", "when", "moment", "day", "month", "quarter", "year"),
    *("week", "period", "t", "step", "日期", "时间", "消费时间", "交易日期", "交易时间", "日期时间"),
    *("购买时间", "消费日期", "下单时间", "订单时间", "年份", "月份"),
)
VALUE_NAMES = ("y", "target", "value", "values", "数值", "值")
OTHER_VALUE_NAMES = (
    *("close", "price", "sales", "demand", "count", "ot", "load", "calls", "volume", "quantity"),
    *("销量", "销售额", "收盘", "收盘价"),
)
# Behind English names those of terminals, then German and Chinese ones; of several columns with a usual
# name the one that comes first here is taken.
OHLC_NAMES: dict[str, tuple[str, ...]] = {
    "open": (
        *("open", "openprice", "priceopen", "openingprice", "o", "pxopen"),
        *("eröffnung", "eroeffnung", "eröffnungskurs", "eröffn", "erster", "开盘", "开盘价", "开"),
    ),
    "high": (
        *("high", "highprice", "pricehigh", "highestprice", "dayhigh", "h", "pxhigh"),
        *("hoch", "höchstkurs", "tageshoch", "最高", "最高价", "高"),
    ),
    "low": (
        *("low", "lowprice", "pricelow", "lowestprice", "daylow", "l", "pxlow"),
        *("tief", "tiefstkurs", "tagestief", "最低", "最低价", "低"),
    ),
    "close": (
        *("close", "closeprice", "priceclose", "closingprice", "closelast", "last", "lastprice", "c"),
        *("pxlast", "pxclose", "settle", "schluss", "schlusskurs", "letzter", "zuletzt"),
        *("收盘", "收盘价", "收", "price"),
    ),
    "volume": (
        *("volume", "vol", "v", "tradevolume", "tradedvolume", "totalvolume", "tickvol", "pxvolume"),
        *("stück", "stücke", "stuecke", "volumen", "成交量", "交易量"),
    ),
    "adj_close": (
        *("adjclose", "adjustedclose", "closeadj", "closeadjusted", "adjcloseprice", "adjustedcloseprice"),
        *("adjclosingprice", "adjustedclosingprice", "复权收盘价", "后复权收盘价", "前复权收盘价"),
    ),
}
_INTERVAL = re.compile(
    r"interval|waiting|gap|duration|interarrival|elapsed|timebetween|sincelast|^wait|间隔|等待"
)
# A person or a household that buys, visits or is treated, and what may stand behind the word.
_PERSON = re.compile(
    r"(customer|cust|client|user|member|account|acct|buyer|shopper|consumer|visitor|patient|subscriber"
    r"|person|household|cardholder|用户|客户|顾客|会员|会员卡)s?"
    r"(id|ids|no|nr|num|number|code|key|ref|hash|编号|号|id号)?"
)
_SUFFIXES = frozenset(("id", "no", "nr", "num", "number", "code", "key", "ref", "hash", "unique", "uid"))
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_CALENDAR_PARTS = frozenset({"day", "month", "week", "quarter", "月份"})


def normal(name: str) -> str:
    """A column name without case, blanks and marks, for comparison.

    Args:
        name: As in the file.

    Returns:
        Letters and digits only; a leading number such as in ``1. open`` is left out.

    Example:
        >>> normal("Adj Close"), normal("<OPEN>"), normal("ts_code")
        ('adjclose', 'open', 'tscode')
    """
    bare = re.sub(r"[\W_]+", "", re.sub(r"^\d+[.)]\s*", "", name.strip().lower()))
    return bare or name.strip().lower()


def first_named(names: Iterable[str], usual: Iterable[str]) -> str | None:
    """The column whose name comes first in a list of usual names.

    Args:
        names: Columns of the file.
        usual: Names as ``normal`` writes them, the most telling first.

    Returns:
        The column as the file writes it, or None.
    """
    columns: dict[str, str] = {}
    for name in names:
        columns.setdefault(normal(name), name)
    for name in usual:
        if name in columns:
            return columns[name]
    return None


def is_id_name(name: str) -> bool:
    """Whether a column so named holds ids, which stay text.

    Args:
        name: As in the file.

    Returns:
        True for usual names, and for what ends in id or code.
    """
    bare = normal(name)
    return bare in ID_NAMES or bool(re.search(r"(^|[_\s-])(id|code)$|[a-z]ID$", name.strip()))


def is_person_name(name: str) -> bool:
    """Whether ids in a column so named are of customers, users, patients and the like.

    Args:
        name: As in the file.

    Returns:
        True for such a word, alone, behind others, or before id, no, nr, number and the like.

    Example:
        >>> is_person_name("shopCustomerNr"), is_person_name("user_agent")
        (True, False)
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    while len(words) > 1 and words[-1] in _SUFFIXES:
        words.pop()
    return bool(words) and _PERSON.fullmatch(words[-1]) is not None


def is_time_name(name: str) -> bool:
    """Whether a column so named holds times.

    Args:
        name: As in the file.

    Returns:
        True for usual names and for what has date or time in it.
    """
    bare = normal(name)
    words = re.search(r"(^|[_\s-])(date|time|datetime|timestamp|at)([_\s-]|$)", name.lower())
    return bare in TIME_NAMES or bool(words) or bool(re.search(r"(时间|日期)$|datetime|timestamp", bare))


def is_calendar_part(name: str) -> bool:
    """Whether numbers in a column so named are a part of a date (a month 1 to 12), not a time.

    Args:
        name: As in the file.

    Returns:
        True for day, week, month and quarter.
    """
    return normal(name) in _CALENDAR_PARTS


def is_interval_name(name: str) -> bool:
    """Whether a column so named holds lengths of time.

    Args:
        name: As in the file.

    Returns:
        True for interval, waiting, gap, duration and the like.
    """
    return _INTERVAL.search(normal(name)) is not None
