"""Bytes of DICOM files (PS3.10, PS3.5): headers of instances, DICOMDIRs read and laid."""
