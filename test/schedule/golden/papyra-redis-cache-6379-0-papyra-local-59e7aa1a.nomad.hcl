# Compacts redis://cache:6379/0 papyra:local every 6 hours.
# Why that often: this is a test.
# registry.example/papyra:1 must be an image with Node, papyra, util-linux and
# perl.
# What is not for this file is read from a variable of Nomad; redis_url may be
# left out where the configuration has it:
#   nomad var put nomad/jobs/papyra-redis-cache-6379-0-papyra-local-59e7aa1a config=@/etc/papyra/config.yaml redis_url=@FILE
# Then save this and type nomad job run on it. The times are UTC.

job "papyra-redis-cache-6379-0-papyra-local-59e7aa1a" {
  type = "batch"

  periodic {
    crons            = ["6 5-23/6 * * *"]
    prohibit_overlap = true
  }

  group "compact" {
    # Try again later (75), and what else may pass by itself, is tried again twice.
    restart {
      attempts = 2
      interval = "1h"
      delay    = "5m"
      mode     = "fail"
    }

    reschedule {
      attempts  = 0
      unlimited = false
    }

    task "papyra" {
      driver = "docker"
      user   = "1000:1001"

      config {
        image      = "registry.example/papyra:1"
        entrypoint = ["nice", "-n", "10", "ionice", "-c", "2", "-n", "7", "papyra"]
        args       = ["--config", "/etc/papyra/config.yaml", "--quiet", "persistence", "compact"]

        mount {
          type     = "bind"
          source   = "secrets/config.yaml"
          target   = "/etc/papyra/config.yaml"
          readonly = true
        }
      }

      template {
        data        = "{{ with nomadVar \"nomad/jobs/papyra-redis-cache-6379-0-papyra-local-59e7aa1a\" }}{{ .config }}{{ end }}"
        destination = "secrets/config.yaml"
      }

      template {
        data        = "{{ with nomadVar \"nomad/jobs/papyra-redis-cache-6379-0-papyra-local-59e7aa1a\" }}{{ with .redis_url }}PAPYRA_REDIS_URL={{ . | trimSpace | toJSON }}{{ end }}{{ end }}"
        destination = "secrets/redis.env"
        env         = true
      }

      logs {
        max_files     = 3
        max_file_size = 5
      }

      resources {
        cpu    = 100
        memory = 256
      }
    }
  }
}
