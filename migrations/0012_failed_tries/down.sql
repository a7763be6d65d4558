DROP INDEX drops_failed;
