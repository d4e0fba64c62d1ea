package main

import (
	"errors"
	"strings"

	"waterflow.local/my-plugin/waterflow"
)

// Inputs are what plugin.yaml declares.
type Inputs struct {
	Name string `json:"name"`
	Path string `json:"path"`
}

// Outputs are what plugin.yaml declares.
type Outputs struct {
	Greeting string `json:"greeting"`
}

func plugin(inputs Inputs) (Outputs, error) {
	greeting, err := greet(inputs.Name)
	if err != nil {
		return Outputs{}, err
	}
	if err := waterflow.FS.Write(inputs.Path, greeting+"\n"); err != nil {
		return Outputs{}, err
	}
	waterflow.Log("wrote " + inputs.Path)
	return Outputs{Greeting: greeting}, nil
}

// greet needs no host: keep what does not in functions of its own, and tests are easy.
func greet(name string) (string, error) {
	trimmed := strings.TrimSpace(name)
	if trimmed == "" {
		return "", errors.New("name is empty")
	}
	return "Hello, " + trimmed + "!", nil
}

// A module is entered by what it exports, never here.
func main() {}
