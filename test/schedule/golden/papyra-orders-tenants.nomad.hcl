# Compacts the stores orders, tenants of /etc/papyra/many.yaml every 6 hours.
# Why that often: this is a test.
# registry.example/papyra:1 must be the image that papyra's release has as an
# archive, papyra-VERSION-linux-ARCH.oci.tar. Load it into your registry (skopeo
# copy) and name it with --image, or load it onto each node (ctr images import,
# docker load).
# What is not for this file is read from a variable of Nomad:
#   nomad var put nomad/jobs/papyra-orders-tenants config=@/etc/papyra/many.yaml
# Then save this and type nomad job run on it. The times are UTC.

job "papyra-orders-tenants" {
  type = "batch"

  periodic {
    crons            = ["12 5-23/6 * * *"]
    prohibit_overlap = true
  }

  group "compact" {
    volume "data" {
      type   = "host"
      source = "app-data-orders"
    }

    volume "data-2" {
      type   = "host"
      source = "app-data-tenants"
    }

    volume "archive" {
      type   = "host"
      source = "app-data-archive"
    }

    volume "archive-2" {
      type   = "host"
      source = "app-data-archive-2"
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
        args       = ["--config", "/etc/papyra/many.yaml", "--quiet", "persistence", "compact", "--store", "orders", "--store", "tenants", "--lock-wait", "10m"]

        readonly_rootfs = true
        cap_drop        = ["all"]
        security_opt    = ["no-new-privileges"]

        mount {
          type     = "bind"
          source   = "secrets/many.yaml"
          target   = "/etc/papyra/many.yaml"
          readonly = true
        }
      }

      volume_mount {
        volume      = "data"
        destination = "/var/lib/orders"
      }

      volume_mount {
        volume      = "data-2"
        destination = "/var/lib/tenants"
      }

      volume_mount {
        volume      = "archive"
        destination = "/backup/papyra"
      }

      volume_mount {
        volume      = "archive-2"
        destination = "/backup/tenants"
      }

      template {
        data        = "{{ with nomadVar \"nomad/jobs/papyra-orders-tenants\" }}{{ .config }}{{ end }}"
        destination = "secrets/many.yaml"
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
