# SPDX-License-Identifier: Apache-2.0
#
# python3 requests.py URL N: N requests by a session of requests in each of four
# threads together. Prints how many were answered.
import sys

# The directory of the script comes first, where this file hides the library.
sys.path.pop(0)
import concurrent.futures

import requests

url, n = sys.argv[1], int(sys.argv[2])


def some(count):
    with requests.Session() as session:
        for _ in range(count):
            session.get(url).content
    return count


with concurrent.futures.ThreadPoolExecutor(4) as threads:
    print(sum(threads.map(some, [n // 4] * 3 + [n - n // 4 * 3])))
