"""A forecast on 10, 100 and 1,000 nodes, simulated from the parts that were measured on one.

python benchmarks/cluster_simulation.py [--series 200000000] [--shard 200000]

Every worker takes the next shard when it is done with one. The time of a shard is that of reading,
forecasting and writing its series, with a spread; some nodes are slow, nodes fail and come back, and their
shards begin again. The driver hands out and takes back one shard after the other, and the store gives so many
bytes a second to all.
"""

from __future__ import annotations

import argparse
import heapq
from dataclasses import dataclass, replace

import numpy as np

# Of a node that are looked at.
MOST_FAILURES = 100


@dataclass(frozen=True)
class Costs:
    """What was measured, or what stands for the cluster, in seconds unless it says otherwise.

    Attributes:
        begin: Ray and the driver, until the first shard is handed out.
        begin_worker: A worker's libraries and its run.
        facts: Of the first pass, a million series.
        read: Of a million series, by a worker.
        forecast: Likewise, with writing.
        dispatch: Of the driver, a shard.
        gigabytes: Read and written, a million series.
        store: Gigabytes a second that the store gives to all workers together.
        spread: Standard deviation of the logarithm of a shard's time.
        slow_share: Part of nodes that are slow.
        slow_times: How many times as long they take.
        node_life: Hours between two failures of a node.
        come_back: Until a node that failed works again.
        cores: Workers of a node.
    """

    begin: float = 6.0
    begin_worker: float = 5.0
    facts: float = 1.7
    read: float = 1.4
    forecast: float = 10.3
    dispatch: float = 0.005
    gigabytes: float = 0.067
    store: float = 10.0
    spread: float = 0.1
    slow_share: float = 0.02
    slow_times: float = 2.0
    node_life: float = 500.0
    come_back: float = 120.0
    cores: int = 16


def simulate(costs: Costs, n_nodes: int, n_series: float, shard: float, seed: int = 0) -> dict[str, float]:
    """Seconds that a forecast takes.

    Args:
        costs: Of its parts.
        n_nodes: Nodes of ``costs.cores`` workers.
        n_series: To forecast.
        shard: Series of a shard.
        seed: Of spreads, slow nodes and failures.

    Returns:
        ``seconds``, ``efficiency`` against workers that do nothing but forecast, ``failures``, and the shares
        ``driver`` and ``store`` of the time in which these are busy.
    """
    rng = np.random.default_rng(seed)
    n_workers, n_shards = n_nodes * costs.cores, int(np.ceil(n_series / shard))
    millions = shard / 1e6
    work = (costs.read + costs.forecast) * millions
    factor = np.where(rng.random(n_nodes) < costs.slow_share, costs.slow_times, 1.0)
    store = costs.gigabytes * millions / costs.store  # what a shard keeps the store busy for
    facts = max(
        costs.facts * millions * np.ceil(n_shards / n_workers), n_shards * max(costs.dispatch, store / 2)
    )
    begun = costs.begin + facts
    free = [(begun + costs.begin_worker * factor[k % n_nodes], k) for k in range(min(n_workers, n_shards))]
    heapq.heapify(free)
    driver_free = store_free = begun
    fails = np.cumsum(rng.exponential(costs.node_life * 3600.0, (n_nodes, MOST_FAILURES)), axis=1)
    waiting, n_failures, end = n_shards, 0, begun
    while waiting:
        at, worker = heapq.heappop(free)
        node = worker % n_nodes
        driver_free = max(driver_free, at) + costs.dispatch
        store_free = max(store_free, driver_free) + store
        needed = work * factor[node] * rng.lognormal(0.0, costs.spread)
        done = max(driver_free + needed, store_free)
        failure = fails[node][min(np.searchsorted(fails[node], at), MOST_FAILURES - 1)]
        if at <= failure < done:  # the shard begins again, somewhere
            n_failures += 1
            heapq.heappush(free, (failure + costs.come_back + costs.begin_worker, worker))
            continue
        waiting -= 1
        end = max(end, done)
        heapq.heappush(free, (done, worker))
    ideal = n_series / 1e6 * (costs.read + costs.forecast) / n_workers
    return {
        "seconds": end,
        "efficiency": ideal / end,
        "failures": n_failures,
        "driver": n_shards * costs.dispatch / end,
        "store": n_shards * store / end,
    }


def main() -> None:
    """Print the table of nodes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--series", type=float, default=2e8, help="series to forecast")
    parser.add_argument("--shard", type=float, default=2e5, help="series of a shard")
    costs = Costs()
    for name in ("read", "forecast", "facts", "begin", "begin_worker", "dispatch", "store", "node_life"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=getattr(costs, name))
    options = vars(parser.parse_args())
    n_series, shard = options.pop("series"), options.pop("shard")
    costs = replace(costs, **options)
    print("| nodes | workers | series a shard | seconds | efficiency | failures | driver busy | store busy |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for n_nodes in (1, 10, 100, 1000):
        for size in (shard, shard / 10):
            found = simulate(costs, n_nodes, n_series, size)
            print(
                f"| {n_nodes:,} | {n_nodes * costs.cores:,} | {size:,.0f} | {found['seconds']:,.0f} | "
                f"{found['efficiency']:.0%} | {found['failures']:.0f} | {found['driver']:.0%} | "
                f"{found['store']:.0%} |"
            )


if __name__ == "__main__":
    main()
