//go:build python

package livetest

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// chromium is a headless browser with one page, which speaks the DevTools protocol over pipes: JSON with a zero
// byte behind each message.
type chromium struct {
	t       *testing.T
	in      io.Writer
	out     *bufio.Reader
	session string
	calls   int
	console []string // what the page said, and its errors
}

// openChromium starts a browser, or says that there is none.
func openChromium(t *testing.T) *chromium {
	program, err := exec.LookPath("chromium")
	if err != nil {
		fmt.Println("NOT RUN: the page of tf2ng diff --html in a browser, there is no chromium (Debian: chromium)")
		return nil
	}
	theirIn, in, err := os.Pipe()
	require.NoError(t, err)
	out, theirOut, err := os.Pipe()
	require.NoError(t, err)
	command := exec.Command(program, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
		"--force-color-profile=srgb", "--user-data-dir="+t.TempDir())
	command.ExtraFiles = []*os.File{theirIn, theirOut} // 3 and 4
	require.NoError(t, command.Start())
	require.NoError(t, errors.Join(theirIn.Close(), theirOut.Close()))
	c := &chromium{t: t, in: in, out: bufio.NewReader(out)}
	limit := time.AfterFunc(2*time.Minute, func() { _ = command.Process.Kill() })
	t.Cleanup(func() {
		_, _ = c.call("Browser.close", nil)
		_ = command.Wait() // before the directory of its data is removed
		limit.Stop()
		_ = errors.Join(in.Close(), out.Close())
	})
	target := c.must("Target.createTarget", map[string]any{"url": "about:blank"})
	c.session, _ = c.must("Target.attachToTarget", map[string]any{
		"targetId": target["targetId"], "flatten": true,
	})["sessionId"].(string)
	for _, domain := range []string{"Page", "Runtime", "Log"} {
		c.must(domain+".enable", nil)
	}
	return c
}

// message is a command, an answer or an event of the protocol.
type message struct {
	ID      int             `json:"id,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  map[string]any  `json:"params,omitempty"`
	Result  map[string]any  `json:"result,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

// read returns the next message, and keeps what the page says.
func (c *chromium) read() (message, error) {
	text, err := c.out.ReadBytes(0)
	if err != nil {
		return message{}, err
	}
	var m message
	if err := json.Unmarshal(bytes.TrimRight(text, "\x00"), &m); err != nil {
		return m, err
	}
	switch m.Method {
	case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded":
		c.console = append(c.console, string(text))
	}
	return m, nil
}

func (c *chromium) call(method string, params map[string]any) (map[string]any, error) {
	c.calls++
	text, err := json.Marshal(message{ID: c.calls, Session: c.session, Method: method, Params: params})
	if err != nil {
		return nil, err
	}
	if _, err := c.in.Write(append(text, 0)); err != nil {
		return nil, err
	}
	for {
		m, err := c.read()
		if err != nil {
			return nil, err
		}
		if m.ID == c.calls {
			if len(m.Error) > 0 {
				err = fmt.Errorf("%s: %s", method, m.Error)
			}
			return m.Result, err
		}
	}
}

func (c *chromium) must(method string, params map[string]any) map[string]any {
	result, err := c.call(method, params)
	require.NoError(c.t, err)
	return result
}

// size sets the size of the page, of a phone or not, and its colours.
func (c *chromium) size(width, height int, phone, dark bool) {
	factor := 1.0
	if phone {
		factor = 2
	}
	c.must("Emulation.setDeviceMetricsOverride", map[string]any{
		"width": width, "height": height, "deviceScaleFactor": factor, "mobile": phone,
	})
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	c.must("Emulation.setEmulatedMedia", map[string]any{
		"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}},
	})
}

// open loads a file and returns when the page answers, with the time that this took.
func (c *chromium) open(path string) time.Duration {
	begin := time.Now()
	c.must("Page.navigate", map[string]any{"url": "file://" + path})
	for {
		m, err := c.read()
		require.NoError(c.t, err)
		if m.Method == "Page.loadEventFired" {
			break
		}
	}
	c.eval("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")
	return time.Since(begin)
}

// eval returns the value of an expression in the page; a promise is waited for.
func (c *chromium) eval(expression string) any {
	result := c.must("Runtime.evaluate", map[string]any{
		"expression": expression, "awaitPromise": true, "returnByValue": true,
	})
	require.NotContains(c.t, result, "exceptionDetails", "%s", expression)
	value, _ := result["result"].(map[string]any)
	return value["value"]
}

// picture writes what is seen of the page to the directory that TF2NG_PICTURES names, if any.
func (c *chromium) picture(name string) {
	dir := os.Getenv("TF2NG_PICTURES")
	if dir == "" {
		return
	}
	text, _ := c.must("Page.captureScreenshot", map[string]any{"format": "png"})["data"].(string)
	data, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
	require.NoError(c.t, err)
	require.NoError(c.t, os.WriteFile(filepath.Join(dir, name+".png"), data, 0o644))
}
