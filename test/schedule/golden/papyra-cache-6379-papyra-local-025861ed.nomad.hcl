# Compacts cache:6379 papyra:local every 6 hours.
# Why that often: this is a test.
# registry.example/papyra:1 must be the image that papyra's release has as an
# archive, papyra-VERSION-linux-ARCH.oci.tar. Load it into your registry (skopeo
# copy) and name it with --image, or load it onto each node (ctr images import,
# docker load).
# The configuration names /var/lib/node_exporter/papyra.prom and
# /etc/papyra/password and /etc/papyra/ca.pem: see that they are there, too.
# What is not for this file is read from a variable of Nomad; redis_url may be
# left out where the configuration has it:
#   nomad var put nomad/jobs/papyra-cache-6379-papyra-local-025861ed config=@/etc/papyra/config.yaml redis_url=@FILE
# Then save this and type nomad job run on it. The times are UTC.

job "papyra-cache-6379-papyra-local-025861ed" {
  type = "batch"

  periodic {
    crons            = ["49 1-23/6 * * *"]
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
        args       = ["--config", "/etc/papyra/config.yaml", "--quiet", "persistence", "compact", "--max-duration", "270m"]

        readonly_rootfs = true
        cap_drop        = ["all"]
        security_opt    = ["no-new-privileges"]

        mount {
          type     = "bind"
          source   = "secrets/config.yaml"
          target   = "/etc/papyra/config.yaml"
          readonly = true
        }
      }

      template {
        data        = "{{ with nomadVar \"nomad/jobs/papyra-cache-6379-papyra-local-025861ed\" }}{{ .config }}{{ end }}"
        destination = "secrets/config.yaml"
      }

      template {
        data        = "{{ with nomadVar \"nomad/jobs/papyra-cache-6379-papyra-local-025861ed\" }}{{ with .redis_url }}PAPYRA_REDIS_URL={{ . | trimSpace | toJSON }}{{ end }}{{ end }}"
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
