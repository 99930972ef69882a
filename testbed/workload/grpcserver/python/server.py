# SPDX-License-Identifier: Apache-2.0
#
# The service of package grpcserver in Python, with the same methods and the same
# questions: prints `ready ADDRESS`, and answers each line `counts` with what its
# interceptor counted.
import concurrent.futures
import json
import sys
import threading
import time

import grpc
from google.protobuf import wrappers_pb2

Message = wrappers_pb2.StringValue


def name_of(code):
    """The name of a status code as Go writes it."""
    special = {grpc.StatusCode.OK: "OK", grpc.StatusCode.CANCELLED: "Canceled"}
    return special.get(code) or code.name.title().replace("_", "")


CODES = {name_of(code): code for code in grpc.StatusCode if code != grpc.StatusCode.OK}


class Counter(grpc.ServerInterceptor):
    """Counts calls by method and code when their handlers end."""

    def __init__(self):
        self.lock = threading.Lock()
        self.ended = {}
        self.open = 0

    def begin(self):
        with self.lock:
            self.open += 1

    def end(self, method, context):
        code = name_of(context.code() or grpc.StatusCode.OK)
        with self.lock:
            self.open -= 1
            by_code = self.ended.setdefault(method, {})
            by_code[code] = by_code.get(code, 0) + 1

    def snapshot(self):
        with self.lock:
            return json.dumps({"ended": self.ended, "open": self.open})

    def intercept_service(self, continuation, details):
        handler = continuation(details)
        if handler is None:
            return None
        method = details.method

        def one(behaviour):
            def counted(request, context):
                self.begin()
                try:
                    return behaviour(request, context)
                finally:
                    self.end(method, context)

            return counted

        def many(behaviour):
            def counted(request, context):
                self.begin()
                try:
                    yield from behaviour(request, context)
                finally:
                    self.end(method, context)

            return counted

        codecs = {"request_deserializer": handler.request_deserializer, "response_serializer": handler.response_serializer}
        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(one(handler.unary_unary), **codecs)
        if handler.unary_stream:
            return grpc.unary_stream_rpc_method_handler(many(handler.unary_stream), **codecs)
        if handler.stream_unary:
            return grpc.stream_unary_rpc_method_handler(one(handler.stream_unary), **codecs)
        return grpc.stream_stream_rpc_method_handler(many(handler.stream_stream), **codecs)


def obey(text, context):
    if text.startswith("slow"):
        time.sleep(0.1)
    for name, code in CODES.items():
        if text.startswith(name):
            context.abort(code, "as asked for")


def get(request, context):
    obey(request.value, context)
    return request


def list_(request, context):
    for _ in request.value:
        yield request
    obey(request.value, context)


def put(requests, context):
    last = Message()
    for last in requests:
        obey(last.value, context)
    return last


def chat(requests, context):
    for request in requests:
        obey(request.value, context)
        yield request


def main():
    codecs = {"request_deserializer": Message.FromString, "response_serializer": Message.SerializeToString}
    counter = Counter()
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(16), interceptors=[counter])
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("sloe.testbed.Orders", {
        "Get": grpc.unary_unary_rpc_method_handler(get, **codecs),
        "List": grpc.unary_stream_rpc_method_handler(list_, **codecs),
        "Put": grpc.stream_unary_rpc_method_handler(put, **codecs),
        "Chat": grpc.stream_stream_rpc_method_handler(chat, **codecs),
    })])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print("ready 127.0.0.1:%d" % port, flush=True)
    for line in sys.stdin:
        if line.strip() == "counts":
            print("counts " + counter.snapshot(), flush=True)
    server.stop(None)


main()
