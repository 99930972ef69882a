// SPDX-License-Identifier: Apache-2.0

package command

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// print writes an answer in the form that was asked for. JSON is the endpoint's;
// YAML has the same keys.
func (o *options) print(out io.Writer, answer any, table func(io.Writer) error) error {
	if o.output == "table" {
		return table(out)
	}
	data, err := json.MarshalIndent(answer, "", "  ")
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	if o.output == "json" {
		_, err = fmt.Fprintln(out, string(data))
		return err
	}
	var node yaml.Node // JSON is YAML; a node keeps its order and its numbers
	if err := yaml.Unmarshal(data, &node); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	blockStyle(&node)
	encoder := yaml.NewEncoder(out)
	encoder.SetIndent(2)
	if err := encoder.Encode(&node); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return encoder.Close()
}

// blockStyle drops JSON's braces and quotes; the encoder quotes where it must.
func blockStyle(node *yaml.Node) {
	node.Style = 0
	for _, child := range node.Content {
		blockStyle(child)
	}
}

func percent(share float64) string { return strconv.FormatFloat(share*100, 'f', 2, 64) + " %" }

func serviceName(namespace, name, environment string) string {
	if namespace != "" {
		name = namespace + "/" + name
	}
	if environment != "" {
		name += "@" + environment
	}
	return name
}
