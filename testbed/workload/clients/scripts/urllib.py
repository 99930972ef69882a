# SPDX-License-Identifier: Apache-2.0
#
# python3 urllib.py URL N: N requests by urllib.request, each over a connection of its
# own. Prints how many were answered.
import sys

# The directory of the script comes first, where this file hides the library.
sys.path.pop(0)
import urllib.error
import urllib.request

url, n = sys.argv[1], int(sys.argv[2])
for _ in range(n):
    try:
        urllib.request.urlopen(url).read()
    except urllib.error.HTTPError as refused:
        refused.read()
        refused.close()
print(n)
