// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// Bounds of how many records one answer holds.
const (
	defaultAuditLimit = 100
	maxAuditLimit     = 1000
)

// audit answers GET /v1/audit: the log's records after one, the oldest first.
func (h *handler) audit(w http.ResponseWriter, r *http.Request) {
	values, err := parameters(r, "after", "limit")
	var after, limit uint64
	if err == nil && values.Has("after") {
		if after, err = strconv.ParseUint(values.Get("after"), 10, 63); err != nil {
			err = fmt.Errorf(`parameter "after" is the number of a record, not %q`, values.Get("after"))
		}
	}
	limit = defaultAuditLimit
	if err == nil && values.Has("limit") {
		if limit, err = strconv.ParseUint(values.Get("limit"), 10, 63); err != nil || limit < 1 || limit > maxAuditLimit {
			err = fmt.Errorf(`parameter "limit" is from 1 to %d, not %q`, maxAuditLimit, values.Get("limit"))
		}
	}
	if err != nil {
		writeError(w, http.StatusBadRequest, codeBadRequest, err.Error())
		return
	}
	records, err := h.Audit.Read(after, int(limit)+1)
	if err != nil {
		writeError(w, http.StatusServiceUnavailable, codeUnavailable, err.Error())
		return
	}
	out := budgetapi.Audit{Records: []budgetapi.AuditRecord{}}
	if len(records) > int(limit) {
		records = records[:limit]
		out.Next = &records[limit-1].Seq
	}
	for _, r := range records {
		out.Records = append(out.Records, budgetapi.AuditRecord(r))
	}
	write(w, http.StatusOK, out)
}
