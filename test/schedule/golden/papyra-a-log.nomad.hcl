# Compacts /data/a/log.ndjson every 6 hours.
# Why that often: this is a test.
# registry.example/papyra:1 must be the image that papyra's release has as an
# archive, papyra-VERSION-linux-ARCH.oci.tar. Load it into your registry (skopeo
# copy) and name it with --image, or load it onto each node (ctr images import,
# docker load).
# What is not for this file is read from a variable of Nomad:
#   nomad var put nomad/jobs/papyra-a-log config=@/etc/papyra/config.yaml
# Then save this and type nomad job run on it. The times are UTC.

job "papyra-a-log" {
  type = "batch"

  periodic {
    crons            = ["10 0-23/6 * * *"]
    prohibit_overlap = true
  }

  group "compact" {
    volume "data" {
      type   = "host"
      source = "app-data"
    }

    volume "archive" {
      type   = "host"
      source = "app-data-archive"
    }

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
        args       = ["--config", "/etc/papyra/config.yaml", "--quiet", "persistence", "compact", "--lock-wait", "10m"]

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

      volume_mount {
        volume      = "data"
        destination = "/data/a"
      }

      volume_mount {
        volume      = "archive"
        destination = "/backup"
      }

      template {
        data        = "{{ with nomadVar \"nomad/jobs/papyra-a-log\" }}{{ .config }}{{ end }}"
        destination = "secrets/config.yaml"
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
