// SPDX-License-Identifier: Apache-2.0

package promapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Client asks one Prometheus. It may be used from any goroutine.
type Client struct {
	url      string
	http     *http.Client
	maxBytes int64
}

// New returns a Client. Endpoint is the root of the API, such as
// http://prometheus:9090 or https://mimir/prometheus; an answer larger than
// maxBytes is an error.
func New(endpoint string, client *http.Client, maxBytes int64) *Client {
	return &Client{url: strings.TrimSuffix(endpoint, "/") + "/api/v1/query", http: client, maxBytes: maxBytes}
}

// ErrTooLarge: the answer is larger than what is read.
var ErrTooLarge = errors.New("the answer is too large")

// Samples visits the raw samples of the series that a selector selects, of the
// instants from (or shortly after: Prometheus 3 leaves the edge out) to to, both
// in milliseconds. What was visited holds only if no error is returned.
func (c *Client) Samples(ctx context.Context, selector string, from, to int64, visit func(Series) error) error {
	query := url.Values{
		"query": {fmt.Sprintf("%s[%dms]", selector, max(to-from, 1))},
		"time":  {strconv.FormatInt(to/1000, 10) + "." + fmt.Sprintf("%03d", to%1000)},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"?"+query.Encode(), nil)
	if err != nil {
		return fmt.Errorf("ask for samples: %w", err)
	}
	request.Header.Set("Accept", "application/json")
	answer, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("ask for samples: %w", withoutQuery(err))
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("ask %s for samples: %w", c.url, refusal(answer))
	}
	body := &bounded{from: answer.Body, left: c.maxBytes}
	if err := decode(body, visit); err != nil {
		return fmt.Errorf("read the samples that %s answers: %w", c.url, err)
	}
	return nil
}

// maxRefusal bounds what is read of an answer that is an error.
const maxRefusal = 64 << 10

// refusal says why there are no samples: in Prometheus's words, if it has any.
func refusal(answer *http.Response) error {
	raw, _ := io.ReadAll(io.LimitReader(answer.Body, maxRefusal)) // the status says enough without it
	err := decode(bytes.NewReader(raw), func(Series) error { return nil })
	if own := (refused{}); errors.As(err, &own) {
		return fmt.Errorf("status %s: %w", answer.Status, own)
	}
	if text := strings.Join(strings.Fields(string(raw)), " "); text != "" {
		return fmt.Errorf("status %s: %.200q", answer.Status, text)
	}
	return fmt.Errorf("status %s", answer.Status)
}

// withoutQuery drops the URL from an error: it is long, and another each time.
func withoutQuery(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		if at, _, found := strings.Cut(e.URL, "?"); found {
			return fmt.Errorf("%s: %w", at, e.Err)
		}
	}
	return err
}

// bounded is io.LimitReader with an error at the limit instead of an end.
type bounded struct {
	from io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, ErrTooLarge
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.from.Read(p)
	b.left -= int64(n)
	return n, err
}
