package waterflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func echo(capability, operation string, args json.RawMessage) (any, *Failure) {
	return args, nil
}

func TestCallsOverlapAndEachGetsItsOwnAnswer(t *testing.T) {
	SetHost(t, echo)
	var pending []*Pending
	for number := range 3 {
		call, err := Submit("c", "o", number)
		if err != nil {
			t.Fatal(err)
		}
		pending = append(pending, call)
	}
	for number, call := range pending {
		var answer int
		if err := call.Wait(&answer); err != nil || answer != number {
			t.Fatalf("call %d got %d, %v", number, answer, err)
		}
	}
}

func TestAWaitForNothingIsAnError(t *testing.T) {
	SetHost(t, echo)
	var failure *Failure
	if err := (&Pending{id: 7}).Wait(nil); !errors.As(err, &failure) || failure.Code != "INVALID_ARGUMENTS" {
		t.Fatalf("got %v", err)
	}
}

func TestEachWayToFailIsAValue(t *testing.T) {
	for _, kind := range []Kind{Denied, Failed, Cancelled} {
		SetHost(t, func(string, string, json.RawMessage) (any, *Failure) { return nil, &Failure{Kind: kind, Code: "X"} })
		var failure *Failure
		if _, err := FS.Read("a"); !errors.As(err, &failure) || failure.Kind != kind {
			t.Fatalf("%s: got %v", kind, err)
		}
	}
}

func TestBytesTravelAsBase64(t *testing.T) {
	SetHost(t, func(_, _ string, args json.RawMessage) (any, *Failure) {
		if string(args) != `{"path":"a","content":"AP8=","encoding":"base64"}` {
			t.Fatalf("got %s", args)
		}
		return nil, nil
	})
	if err := FS.WriteBytes("a", []byte{0, 255}); err != nil {
		t.Fatal(err)
	}
	SetHost(t, func(string, string, json.RawMessage) (any, *Failure) { return "AP8=", nil })
	if bytes, err := FS.ReadBytes("a"); err != nil || string(bytes) != "\x00\xff" {
		t.Fatalf("got %v, %v", bytes, err)
	}
}

func TestServeGivesOutputsOrAnError(t *testing.T) {
	SetHost(t, echo)
	type both struct {
		A int `json:"a"`
	}
	nativeInput = []byte(`{"a":1}`)
	double := func(inputs both) (both, error) { return both{inputs.A * 2}, nil }
	if Serve(double) != 0 || string(nativeOutput) != `{"a":2}` {
		t.Fatalf("got %s", nativeOutput)
	}
	if Serve(func(both) (both, error) { return both{}, errors.New("no") }) != 1 || string(nativeError) != `{"v":1,"fail":"threw","details":{"message":"no"}}` {
		t.Fatalf("got %s", nativeError)
	}
	if Serve(func(both) (both, error) { panic("oh") }) != 1 || string(nativeError) != `{"v":1,"fail":"threw","details":{"message":"panic: oh"}}` {
		t.Fatalf("got %s", nativeError)
	}
	nativeInput = []byte(`{"a":"text"}`)
	if Serve(double) != 1 {
		t.Fatal("inputs that don't fit were taken")
	}
}

func TestServeNamesTheCallThatFailedAndWhatToDo(t *testing.T) {
	SetHost(t, func(string, string, json.RawMessage) (any, *Failure) {
		return nil, &Failure{Kind: Denied, Code: "DENIED", Message: "no", Remedy: "ask"}
	})
	nativeInput = []byte(`{}`)
	Serve(func(struct{}) (struct{}, error) {
		_, err := FS.Read("a")
		return struct{}{}, fmt.Errorf("reading: %w", err)
	})
	if !strings.Contains(string(nativeError), `"message":"reading: no","call":`) || !strings.Contains(string(nativeError), `"remedy":"ask"`) {
		t.Fatalf("got %s", nativeError)
	}
	Serve(func(struct{}) (struct{}, error) {
		return struct{}{}, &StepError{Message: "exit code 7", Outputs: map[string]int{"exit_code": 7}}
	})
	if !strings.Contains(string(nativeError), `"outputs":{"exit_code":7}`) {
		t.Fatalf("got %s", nativeError)
	}
}

func TestWhatIsLeftOutIsNotSent(t *testing.T) {
	host := SSHHost{Host: "example.org", User: "deploy"}
	cases := map[string]func() error{
		`docker.run {"image":"alpine","command":["true"],"mounts":[{"path":"out","target":"/out","access":"write"}],"limits":{"cpus":0.5},"stdout":"capture"}`: func() error {
			mounts := []Mount{{Path: "out", Target: "/out", Access: "write"}}
			container := Container{Image: "alpine", Command: []string{"true"}, Mounts: mounts, Limits: Limits{CPUs: 0.5}}
			ran, err := Docker.Run(container, Streams{Stdout: "capture"})
			if ran.ID != "sha256:1" || ran.ExitCode != 7 {
				t.Errorf("read %+v", ran)
			}
			return err
		},
		`docker.exec {"container":"c","command":["ps"]}`: func() error {
			_, err := Docker.Exec("c", Program{Command: []string{"ps"}})
			return err
		},
		`ssh.upload {"host":"example.org","user":"deploy","from":"site","to":"www","mode":420}`: func() error {
			_, err := SSH.Upload(host, SSHUpload{SSHMove: SSHMove{From: "site", To: "www"}, Mode: 0o644})
			return err
		},
		`ssh.stat {"host":"example.org","user":"deploy","path":"www"}`: func() error {
			_, err := SSH.Stat(host, "www")
			return err
		},
		`mail.send {"host":"mx.example.org","from":{"address":"a@example.org"},"to":[{"address":"b@example.org","name":"B"}],"subject":"Hi"}`: func() error {
			to := []Address{{Address: "b@example.org", Name: "B"}}
			_, err := Mail.Send(Message{Host: "mx.example.org", From: Address{Address: "a@example.org"}, To: to, Subject: "Hi"})
			return err
		},
		`fs.pack {"from":"a","to":"a.tar","exclude":["*.o"]}`: func() error {
			_, err := FS.PackWith("a", "a.tar", PackOptions{Exclude: []string{"*.o"}})
			return err
		},
		`fs.unpack {"from":"a.tar","to":"a","strip":1}`: func() error {
			_, err := FS.UnpackWith("a.tar", "a", UnpackOptions{Strip: 1})
			return err
		},
		`store.set {"key":"k","ttl_ms":1000,"value":1}`: func() error {
			_, err := Store.SetFor("k", 1, time.Second)
			return err
		},
		`store.save {"from":"deps","key":"k","replace":false}`: func() error {
			_, err := Store.Save("k", Archive{From: "deps", Keep: true})
			return err
		},
	}
	for wanted, call := range cases {
		SetHost(t, func(capability, operation string, args json.RawMessage) (any, *Failure) {
			if got := fmt.Sprintf("%s.%s %s", capability, operation, args); got != wanted {
				t.Errorf("got %s, not %s", got, wanted)
			}
			return object{"exit_code": 7, "image": "sha256:1"}, nil
		})
		if err := call(); err != nil {
			t.Error(err)
		}
	}
}
