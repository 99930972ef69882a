// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

// token returns what authenticates a call: the configured one, or one that the
// App gets for the installation that sent the event. The latter lasts an hour;
// events are so few that each gets its own.
func (a *App) token(ctx context.Context, installation int64) (string, error) {
	if a.set.Key == nil {
		return a.set.Token, nil
	}
	if installation <= 0 {
		return "", errors.New("the event names no installation of the App")
	}
	assertion, err := a.assertion()
	if err != nil {
		return "", err
	}
	answer, err := a.post(ctx, fmt.Sprintf("%s/app/installations/%d/access_tokens", a.set.APIURL, installation), assertion,
		map[string]map[string]string{"permissions": {"deployments": "write"}})
	if err != nil {
		return "", fmt.Errorf("get a token of the installation: %w", err)
	}
	var got struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal(answer, &got); err != nil || got.Token == "" {
		return "", errors.New("get a token of the installation: the answer holds none")
	}
	return got.Token, nil
}

// Lifetime of an assertion: GitHub takes ten minutes at most, and clocks differ.
const (
	assertionSince = -time.Minute
	assertionUntil = 5 * time.Minute
)

// assertion proves to GitHub to be the App: a JSON Web Token (RFC 7519) signed
// with RS256 (RFC 7518 section 3.3).
func (a *App) assertion() (string, error) {
	now := a.set.Clock()
	claims, err := json.Marshal(map[string]any{
		"iat": now.Add(assertionSince).Unix(), "exp": now.Add(assertionUntil).Unix(), "iss": a.set.AppID,
	})
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + encode(claims)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, a.set.Key, crypto.SHA256, digest[:])
	if err != nil {
		return "", fmt.Errorf("sign as the App: %w", err)
	}
	return signed + "." + encode(signature), nil
}

// ParseKey reads the App's private key as GitHub hands it out: PEM, PKCS #1; or
// PKCS #8.
func ParseKey(data []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("it is no PEM")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("it is no private key of PKCS #1 or #8")
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("it is no RSA key")
	}
	return key, nil
}
