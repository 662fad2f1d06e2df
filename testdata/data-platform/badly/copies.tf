# The role of the replication reads another bucket and cannot write the copies; nothing lets S3 fill the queue.

resource "aws_s3_bucket_replication_configuration" "lake" {
  bucket = aws_s3_bucket.lake.id
  role   = aws_iam_role.copy.arn

  rule {
    id     = "everything"
    status = "Enabled"

    destination {
      bucket = "arn:aws:s3:::example-copies"
    }
  }
}

resource "aws_iam_role" "copy" {
  name = "copy"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "s3.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "copy" {
  role = aws_iam_role.copy.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["s3:GetReplicationConfiguration", "s3:ListBucket"], Resource = aws_s3_bucket.lake.arn },
      {
        Effect   = "Allow"
        Action   = "s3:GetObjectVersionForReplication"
        Resource = ["${aws_s3_bucket.lake.arn}/*", "arn:aws:s3:::example-payroll/*"]
      },
      { Effect = "Allow", Action = "s3:ReplicateObject", Resource = "arn:aws:s3:::example-copy/*" },
    ]
  })
}

resource "aws_sqs_queue" "arrivals" {
  name = "arrivals"
}

resource "aws_s3_bucket_notification" "lake" {
  bucket = aws_s3_bucket.lake.id

  queue {
    queue_arn = aws_sqs_queue.arrivals.arn
    events    = ["s3:ObjectCreated:*"]
  }
}
