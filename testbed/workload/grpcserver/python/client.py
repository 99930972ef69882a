# SPDX-License-Identifier: Apache-2.0
#
# client.py ADDRESS N: N rounds of calls of every kind by four threads together over one
# connection. Prints as JSON how many calls ended with which code.
import collections
import concurrent.futures
import json
import sys

import grpc
from google.protobuf import wrappers_pb2

Message = wrappers_pb2.StringValue
address, rounds = sys.argv[1], int(sys.argv[2])
channel = grpc.insecure_channel(address)
codecs = {"request_serializer": Message.SerializeToString, "response_deserializer": Message.FromString}
service = "/sloe.testbed.Orders/"
get = channel.unary_unary(service + "Get", **codecs)
list_ = channel.unary_stream(service + "List", **codecs)
put = channel.stream_unary(service + "Put", **codecs)
chat = channel.stream_stream(service + "Chat", **codecs)


def messages(text, n):
    return (Message(value=text) for _ in range(n))


# A call of each kind, and of each with an error.
CALLS = [
    lambda: get(Message(value="fine")),
    lambda: get(Message(value="NotFound")),
    lambda: get(Message(value="Internal")),
    lambda: list(list_(Message(value="orders"))),
    lambda: list(list_(Message(value="Unavailable"))),
    lambda: put(messages("order", 10)),
    lambda: put(messages("ResourceExhausted", 1)),
    lambda: list(chat(messages("hello", 5))),
    lambda: list(chat(messages("DataLoss", 1))),
]


def some(n):
    codes = collections.Counter()
    for _ in range(n):
        for call in CALLS:
            try:
                call()
                codes["OK"] += 1
            except grpc.RpcError as refused:
                codes[refused.code().name] += 1
    return codes


with concurrent.futures.ThreadPoolExecutor(4) as threads:
    print(json.dumps(sum(threads.map(some, [rounds // 4] * 4), collections.Counter())))
channel.close()
