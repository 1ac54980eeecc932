// Command follow finds a service as any Go program does that uses etcd's own client: `follow http://127.0.0.1:2379 user`.
// It prints what the client's naming/endpoints sees (`add KEY ADDR METADATA`, `delete KEY`), and who answers calls that gRPC
// balances by round_robin over what naming/resolver gives it (`answer ADDR`, `nobody`). The import paths are those of 3.4 or 3.5.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	clientv3 "ETCD_CLIENT"
	"ETCD_CLIENT/naming/endpoints"
	"ETCD_CLIENT/naming/resolver"

	"google.golang.org/grpc"
	"google.golang.org/grpc/peer"
)

func main() {
	endpoint, service := os.Args[1], os.Args[2]
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}, DialTimeout: 5 * time.Second})
	must(err)
	go watch(client, service)
	builder, err := resolver.NewBuilder(client)
	must(err)
	conn, err := grpc.Dial("etcd:///"+service, grpc.WithInsecure(), grpc.WithResolvers(builder),
		grpc.WithDefaultServiceConfig(`{"loadBalancingPolicy":"round_robin"}`))
	must(err)
	for {
		call(conn)
		time.Sleep(20 * time.Millisecond)
	}
}

func watch(client *clientv3.Client, service string) {
	manager, err := endpoints.NewManager(client, service)
	must(err)
	updates, err := manager.NewWatchChannel(context.Background())
	must(err)
	for batch := range updates {
		for _, update := range batch {
			if update.Op == endpoints.Add {
				metadata, _ := json.Marshal(update.Endpoint.Metadata)
				fmt.Println("add", update.Key, update.Endpoint.Addr, string(metadata))
			} else {
				fmt.Println("delete", update.Key)
			}
		}
	}
}

// The servers know no such method: their refusal is an answer, and tells who gave it.
func call(conn *grpc.ClientConn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	var who peer.Peer
	_ = conn.Invoke(ctx, "/interop.Who/Are", []byte{}, new([]byte), grpc.ForceCodec(bytes{}), grpc.Peer(&who))
	if who.Addr == nil {
		fmt.Println("nobody")
	} else {
		fmt.Println("answer", who.Addr)
	}
}

// Messages are sent as they are.
type bytes struct{}

func (bytes) Marshal(value interface{}) ([]byte, error) { return value.([]byte), nil }
func (bytes) Unmarshal(data []byte, value interface{}) error {
	*value.(*[]byte) = data
	return nil
}
func (bytes) Name() string { return "bytes" }

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
