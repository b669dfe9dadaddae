// Runs docs/verify/verify.go over the vectors: a line each, what came of it.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"example.test/run/verify"
)

type row struct {
	Secrets           []string
	Method, URL, Body string
	Headers           map[string]string
	Now               int64
}

func main() {
	text, err := os.ReadFile(os.Args[1] + "/vectors.json")
	if err != nil {
		panic(err)
	}
	var vectors struct{ Rows []row }
	if err := json.Unmarshal(text, &vectors); err != nil {
		panic(err)
	}
	for _, row := range vectors.Rows {
		headers := http.Header{}
		for name, value := range row.Headers {
			headers.Set(name, value)
		}
		err := verify.Verify(row.Secrets, row.Method, row.URL, headers, []byte(row.Body), time.Unix(row.Now, 0))
		var refused *verify.Refused
		if err == nil {
			fmt.Println("ok")
		} else if errors.As(err, &refused) {
			fmt.Println(refused.Code)
		} else {
			fmt.Println("bad_secret")
		}
	}
}
