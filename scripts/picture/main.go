// Command picture renders a page written by tf2ng diff --html in Chromium, and saves it as a PNG with few colours.
//
//	go run ./scripts/picture PAGE.html PICTURE.png
package main

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// shorter is a style that limits the height of the table, so that the picture shows what is below it.
const shorter = `<style>.wide { max-height: 15.5rem !important; }</style>`

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: picture PAGE.html PICTURE.png")
		os.Exit(2)
	}
	if err := draw(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func draw(page, picture string) error {
	dir, err := os.MkdirTemp("", "picture")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	html, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	shown, shot := filepath.Join(dir, "page.html"), filepath.Join(dir, "shot.png")
	if err := os.WriteFile(shown, append(html, shorter...), 0o600); err != nil {
		return err
	}
	chromium := exec.Command("chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
		"--disable-lcd-text", "--force-color-profile=srgb", "--window-size=1120,1010", "--user-data-dir="+dir,
		"--screenshot="+shot, "file://"+shown)
	if out, err := chromium.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	data, err := os.ReadFile(shot)
	if err != nil {
		return err
	}
	full, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return err
	}
	var small bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&small, reduced(full)); err != nil {
		return err
	}
	return os.WriteFile(picture, small.Bytes(), 0o644)
}

// reduced returns a picture reduced to its most frequent colours.
func reduced(full image.Image) image.Image {
	const most = 64 // colours
	counts := map[color.Color]int{}
	b := full.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			counts[full.At(x, y)]++
		}
	}
	var palette color.Palette
	for c := range counts {
		palette = append(palette, c)
	}
	slices.SortFunc(palette, func(a, b color.Color) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)))
	})
	small := image.NewPaletted(b, palette[:min(most, len(palette))])
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			small.Set(x, y, full.At(x, y))
		}
	}
	return small
}
