# SPDX-License-Identifier: Apache-2.0
#
# python3 httpclient.py URL N: N requests over one connection of http.client.
# Prints how many were answered.
import http.client
import sys
import urllib.parse

url, n = urllib.parse.urlsplit(sys.argv[1]), int(sys.argv[2])
connection = http.client.HTTPConnection(url.netloc)
for _ in range(n):
    connection.request("GET", url.path)
    connection.getresponse().read()
connection.close()
print(n)
