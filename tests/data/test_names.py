from __future__ import annotations

from forecaster.data.names import (
    OHLC_NAMES,
    TIME_NAMES,
    first_named,
    is_id_name,
    is_interval_name,
    is_person_name,
    is_time_name,
    normal,
)


def test_names_are_compared_without_case_and_marks() -> None:
    assert [normal(name) for name in ("Adj Close", "<OPEN>", "1. open", "ts_code", "收盘价")] == [
        "adjclose",
        "open",
        "open",
        "tscode",
        "收盘价",
    ]


def test_first_usual_name_wins() -> None:
    assert first_named(["Last", "Close"], OHLC_NAMES["close"]) == "Close"
    assert first_named(["foo"], TIME_NAMES) is None


def test_ids_are_known_by_their_ends() -> None:
    assert all(is_id_name(name) for name in ("customer_id", "userID", "Ticker", "ts_code", "用户"))
    assert not any(is_id_name(name) for name in ("paid", "humid", "barcode_price", "value"))


def test_times_are_known_by_their_words() -> None:
    assert all(is_time_name(name) for name in ("ds", "order_date", "created_at", "消费时间", "Date Time"))
    assert not any(is_time_name(name) for name in ("candidate", "lifetime", "runtimes", "value"))


def test_customers_are_known_by_the_last_word() -> None:
    names = (
        "customer_id CustomerID CUSTOMERID customerNr Cust_No custkey user member-number AccountNumber buyer"
    )
    names += " visitorId patient subscriber_id Person household_key customer_unique_id shopClientId"
    names += " 会员编号 用户ID"
    assert not [name for name in names.split() if not is_person_name(name)]
    others = "machine_id user_agent account_type custom_id ticker id seq_id device store_id personal 门店编号"
    assert not [name for name in others.split() if is_person_name(name)]


def test_intervals_are_known_by_their_words() -> None:
    assert all(is_interval_name(name) for name in ("waiting", "interval_days", "gap", "duration"))
    assert not is_interval_name("eruptions")
