// SPDX-License-Identifier: Apache-2.0

// Package protocoltest holds the parsers of databases against their corpora: files
// of testdata/exchanges that a person can read.
//
//	one or more lines of words
//
//	kind client, outcome, request_bytes, response_bytes, unix NAME, missed turns|asides
//	operations ASKED ANSWERED FAILED complete|open
//	> "a part of the request"
//	< "a part of the response"
//
//	then
//	another turn of the connection: words, and its facts
//
//	expect
//	what the parser makes of the last turn
//
// A turn that asks for no operation is an aside. Facts that are left out: a server's, answered, the bytes that are captured.
package protocoltest // import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/protocoltest"
