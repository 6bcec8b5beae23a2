from __future__ import annotations

import io

import numpy as np
import pytest

from forecaster.data.load import read_panel

DAYS = ("2024-01-22", "2024-01-23", "2024-01-24")


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Date,Open,High,Low,Close*,Adj Close**,Volume", "{day},10,12,9,11,11,5"),
        ("Date,Close/Last,Volume,Open,High,Low", "{day},11,5,10,12,9"),
        ("timestamp,1. open,2. high,3. low,4. close,5. volume", "{day},10,12,9,11,5"),
        (
            "ts_code,trade_date,open,high,low,close,pre_close,change,pct_chg,vol,amount",
            "000001.SZ,{digits},10,12,9,11,1,1,1,5,1",
        ),
        ("v,vw,o,c,h,l,t,n", "5,1,10,11,12,9,{epoch},7"),
        ("Security,Dates,PX_OPEN,PX_HIGH,PX_LOW,PX_LAST,PX_VOLUME", "AAPL US,{day},10,12,9,11,5"),
        ("tradeDate,openPrice,highPrice,lowPrice,closePrice,tradeVolume", "{day},10,12,9,11,5"),
        ("DATE,OPEN,HIGH,LOW,CLOSE,VOLUME", "{day},10,12,9,11,5"),
        ("date,open,high,low,close,volume,Name", "{day},10,12,9,11,5,AAL"),
        ("Date,Symbol,Series,Prev Close,Open,High,Low,Last,Close,Volume", "{day},A,EQ,1,10,12,9,2,11,5"),
        ("Date,Price,Open,High,Low,Vol.", "{day},11,10,12,9,5"),
        ("<TICKER>,<DTYYYYMMDD>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>", "A,{day},10,12,9,11,5"),
        ("Datum;Eröffnung;Hoch;Tief;Schluss;Volumen", "{day};10,0;12,0;9,0;11,0;5"),
        ("Datum;Erster;Hoch;Tief;Schlusskurs;Stuecke;Volumen", "{day};10;12;9;11;5;50"),
        ("股票代码,日期,开盘价,最高价,最低价,收盘价,前收盘价,成交量,成交额", "000001,{day},10,12,9,11,1,5,9"),
    ],
)
def test_columns_of_prices_are_known_by_their_usual_names(header: str, row: str) -> None:
    epochs = [int(np.datetime64(day, "ms").astype(np.int64)) for day in DAYS]
    lines = [
        row.format(day=day, digits=day.replace("-", ""), epoch=epoch)
        for day, epoch in zip(DAYS, epochs, strict=True)
    ]
    panel = read_panel(io.BytesIO("\n".join([header, *lines]).encode()))
    assert panel.kind == "ohlc" and panel.n_series == 1
    assert panel.closes is not None and panel.closes.tolist() == [11.0] * 3
    np.testing.assert_allclose(panel.values[1, :5], np.log([1, 10 / 11, 12 / 11, 9 / 11, 12 / 9]))
    np.testing.assert_allclose(panel.values[:, panel.channels.index("volume")], 0)
    assert panel.times[0] == np.datetime64(DAYS[0])


def test_tickers_of_any_usual_name_are_told_apart() -> None:
    for name in ("Name", "Symbol", "Security", "isin"):
        lines = [f"{day},{ticker},10,12,9,11" for ticker in "BA" for day in DAYS]
        text = "\n".join([f"Date,{name},Open,High,Low,Close", *lines])
        assert read_panel(io.BytesIO(text.encode())).ids.tolist() == ["B", "A"]
