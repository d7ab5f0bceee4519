"""Who is who in a file, without the platform: `pathloom identity`."""
