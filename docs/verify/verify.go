// Package verify verifies callouts of passthru: Go 1.18 or later, its standard library only. README.md says what is signed.
package verify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const tolerance = 5 * 60 // seconds that two clocks may be apart

var seconds = regexp.MustCompile(`\A[0-9]{1,12}\z`)

// Refused is why a request is not believed; Code is for programs.
type Refused struct{ Code, Why string }

func (r *Refused) Error() string { return r.Why }

// keys are the bytes of secrets. An empty or broken one is refused, for anybody could sign with it.
func keys(secrets []string) (keys [][]byte, err error) {
	for _, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil || !strings.HasPrefix(secret, "whsec_") || len(key) < 24 {
			return nil, errors.New("a secret is whsec_ and base64 of 24 bytes or more")
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// Verify returns nil if the request was signed with one of the secrets ("whsec_..."), and otherwise a *Refused.
//
// url is the public one, as it was asked: your base and r.RequestURI. body is what was read from r.Body.
func Verify(secrets []string, method, url string, headers http.Header, body []byte, now time.Time) error {
	keys, err := keys(secrets)
	if err != nil {
		return err
	}
	for _, name := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
		if headers.Get(name) == "" {
			return &Refused{"missing", name + " is missing"}
		}
	}
	timestamp := headers.Get("webhook-timestamp")
	if !seconds.MatchString(timestamp) {
		return &Refused{"malformed", "webhook-timestamp is not a number of seconds"}
	}
	signed, _ := strconv.ParseInt(timestamp, 10, 64)
	age := now.Unix() - signed
	if age > tolerance {
		return &Refused{"stale", fmt.Sprintf("signed %d s ago", age)}
	}
	if age < -tolerance {
		return &Refused{"future", fmt.Sprintf("signed %d s in the future", -age)}
	}
	var signatures []string
	for _, part := range strings.Split(headers.Get("webhook-signature"), " ") {
		if strings.HasPrefix(part, "v1,") {
			signatures = append(signatures, part)
		}
	}
	if signatures == nil {
		return &Refused{"unknown_version", "no signature of version v1"}
	}
	content := fmt.Sprintf("%s.%s.%s.%s.%x", headers.Get("webhook-id"), timestamp, method, url, sha256.Sum256(body))
	for _, key := range keys {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(content))
		expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		for _, signature := range signatures {
			if hmac.Equal([]byte(expected), []byte(signature)) {
				return nil
			}
		}
	}
	return &Refused{"mismatch", "no signature fits: other secret, method, URL or body"}
}
