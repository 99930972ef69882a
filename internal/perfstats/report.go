// SPDX-License-Identifier: Apache-2.0

package perfstats

// Report is what was seen of all receivers on the host in one period.
type Report struct {
	// Seconds is how long was looked.
	Seconds   float64    `json:"seconds"`
	Receivers []Receiver `json:"receivers"`
}

// Receiver is one set of attached programs.
type Receiver struct {
	// PID of the process that holds the programs, 0 if it is not to be seen from
	// here.
	PID  int    `json:"pid"`
	Name string `json:"name"`

	Programs []Program `json:"programs"`
	// Cores is the share of one core that the programs took together.
	Cores float64 `json:"cores"`

	Ring Ring  `json:"ring"`
	Maps []Map `json:"maps"`

	Exchanges Exchanges `json:"exchanges"`
	// Lost counts losses by reason since the receiver started.
	Lost map[string]uint64 `json:"lost"`

	// Processes and Connections are those with the most exchanges in the period,
	// the most first. An exchange is the measure of cost that they have in common:
	// the hooks do not know what each one of them took.
	Processes   []Process    `json:"processes"`
	Connections []Connection `json:"connections"`
}

// Program is what one hook cost in the period, by the kernel's run-time
// statistics.
type Program struct {
	Name string `json:"name"`
	Tag  string `json:"tag"`
	Type string `json:"type"`
	Runs uint64 `json:"runs"`
	Ns   uint64 `json:"ns"`
	// NsPerRun is 0 if it did not run.
	NsPerRun float64 `json:"ns_per_run"`
	// Skipped counts runs that the kernel left out, since the program was running
	// on the CPU already, since it was loaded.
	Skipped uint64 `json:"skipped"`
}

// Map is how full a map is.
type Map struct {
	Name    string `json:"name"`
	Entries int    `json:"entries"`
	Max     int    `json:"max"`
}

// Ring is the level of the ring buffer, in bytes.
type Ring struct {
	Unread int `json:"unread"`
	Size   int `json:"size"`
}

// Exchanges counts ended exchanges: since the receiver started, and in the period.
type Exchanges struct {
	Ended     uint64            `json:"ended"`
	Delivered uint64            `json:"delivered"`
	Spilled   map[string]uint64 `json:"spilled"`
	PerSecond float64           `json:"per_second"`
}

// Process is one process image.
type Process struct {
	PID        uint32  `json:"pid"`
	Executable string  `json:"executable"`
	Exchanges  uint64  `json:"exchanges"`
	PerSecond  float64 `json:"per_second"`
}

// Connection is one connection that is open at the end of the period.
type Connection struct {
	PID       uint32  `json:"pid"`
	Role      string  `json:"role"`
	Local     string  `json:"local"`
	Remote    string  `json:"remote"`
	Exchanges uint64  `json:"exchanges"`
	PerSecond float64 `json:"per_second"`
}
