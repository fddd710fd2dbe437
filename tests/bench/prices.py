"""What AWS asks: its list prices, and what a bill comes to by them."""

from collections import Counter
from collections.abc import Iterable

from tests.bench.bill import Bill
from tests.bench.stack import count, jobs_a_month

MILLION = 1_000_000

# Dollars for one, us-east-1, on demand, without the free tier. From aws.amazon.com/<service>/pricing, November 2026.
PRICES = {
    "Lambda, a run": 0.20 / MILLION,
    "Lambda, a GB-second (arm64)": 0.0000133334,
    "DynamoDB, a write unit": 0.625 / MILLION,
    "DynamoDB, a read unit": 0.125 / MILLION,
    "EventBridge, an event": 1.00 / MILLION,
    "SQS, a request": 0.40 / MILLION,
    "Step Functions, a transition": 25.00 / MILLION,
    "Step Functions, an Express run": 1.00 / MILLION,
    "Step Functions, an Express GB-second": 0.00001667,
    "API Gateway, a request": 3.50 / MILLION,
    "KMS, a request": 0.03 / 10_000,
    "CloudWatch Logs, a GB": 0.50,
    "SES, a mail": 0.10 / 1_000,
    # A month
    "KMS, a key": 1.00,
    "Secrets Manager, a secret": 0.40,
    "CloudWatch, an alarm": 0.10,
}
# How long a function is paid for, which no emulator knows: itself, and each call it waits for (milliseconds).
RUN, CALL, MEMORY = 10, 6, 0.5  # GB
LOG_LINE = 600 / 2**30  # GB


def of_orders(orders: int, bills: Iterable[Bill]) -> Counter[str]:
    """What so many orders with these bills cost, by service (dollars)."""
    bills = list(bills)
    runs = [run for bill in bills for run in bill.invocations]
    calls = [call for run in runs for call in run.calls]
    seconds = (RUN * len(runs) + CALL * len(calls)) / 1000
    told = Counter(
        {
            "Lambda": len(runs) * PRICES["Lambda, a run"] + seconds * MEMORY * PRICES["Lambda, a GB-second (arm64)"],
            "DynamoDB": sum(call.wrote for call in calls) * PRICES["DynamoDB, a write unit"]
            + sum(call.read for call in calls) * PRICES["DynamoDB, a read unit"],
            "EventBridge": sum(bill.entries for bill in bills) * PRICES["EventBridge, an event"],
            # Each is sent; each batch is received and deleted.
            "SQS": sum(bill.messages + 2 * bill.batches for bill in bills) * PRICES["SQS, a request"],
            "Step Functions": sum(bill.transitions for bill in bills) * PRICES["Step Functions, a transition"],
            "API Gateway": sum(1 for run in runs if run.is_request) * PRICES["API Gateway, a request"],
            "KMS": sum(1 for call in calls if call.service == "kms") * PRICES["KMS, a request"],
            "CloudWatch": len(runs) * LOG_LINE * PRICES["CloudWatch Logs, a GB"],
            "SES": sum(1 for call in calls if call.service == "ses") * PRICES["SES, a mail"],
        }
    )
    return Counter({service: dollars * orders for service, dollars in told.items()})


def express(orders: int) -> float:
    """What an Express machine costs for so many orders: a second each, of the least memory that is paid for."""
    return orders * (PRICES["Step Functions, an Express run"] + PRICES["Step Functions, an Express GB-second"] / 16)


def idle() -> dict[str, float]:
    """What a shop costs in a month in which nobody comes: what is kept, and who looks after it (dollars)."""
    runs = jobs_a_month()
    return {
        "KMS": count("AWS::KMS::Key") * PRICES["KMS, a key"],
        "Secrets Manager": count("AWS::SecretsManager::Secret") * PRICES["Secrets Manager, a secret"],
        "CloudWatch": count("AWS::CloudWatch::Alarm") * PRICES["CloudWatch, an alarm"],
        "Lambda": runs * (PRICES["Lambda, a run"] + 0.1 * MEMORY * PRICES["Lambda, a GB-second (arm64)"]),
        "DynamoDB": runs * 10 * PRICES["DynamoDB, a read unit"],  # a job looks at ten shards
    }
