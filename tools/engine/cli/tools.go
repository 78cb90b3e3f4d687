//go:build tools

// Package tools pins the Pulumi CLI: go.sum locks what is built.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
