package main

import (
	"encoding/json"
	"errors"
	"testing"

	"waterflow.local/my-plugin/waterflow"
)

func TestGreetsByName(t *testing.T) {
	greeting, err := greet(" Ada ")
	if err != nil || greeting != "Hello, Ada!" {
		t.Fatalf("got %q, %v", greeting, err)
	}
}

func TestRefusesAnEmptyName(t *testing.T) {
	if _, err := greet(" "); err == nil {
		t.Fatal("an empty name was taken")
	}
}

func TestWritesTheGreeting(t *testing.T) {
	var written string
	waterflow.SetHost(t, func(capability, operation string, args json.RawMessage) (any, *waterflow.Failure) {
		if capability == "fs" && operation == "write" {
			written = string(args)
		}
		return nil, nil
	})
	outputs, err := plugin(Inputs{Name: "Ada", Path: "greeting.txt"})
	if err != nil || outputs.Greeting != "Hello, Ada!" {
		t.Fatalf("got %+v, %v", outputs, err)
	}
	if written != `{"path":"greeting.txt","content":"Hello, Ada!\n"}` {
		t.Fatalf("wrote %s", written)
	}
}

func TestEndsWithTheDenial(t *testing.T) {
	denied := &waterflow.Failure{Kind: waterflow.Denied, Code: "DENIED", Message: "not granted", Rule: "manifest"}
	waterflow.SetHost(t, func(string, string, json.RawMessage) (any, *waterflow.Failure) { return nil, denied })
	_, err := plugin(Inputs{Name: "Ada", Path: "elsewhere.txt"})
	var failure *waterflow.Failure
	if !errors.As(err, &failure) || failure.Kind != waterflow.Denied || failure.Rule != "manifest" {
		t.Fatalf("got %v", err)
	}
}
